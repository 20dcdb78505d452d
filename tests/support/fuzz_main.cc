// SPDX-License-Identifier: GPL-2.0-only
// Runs a libFuzzer entry point where libFuzzer is not linked: for a number of seconds, inputs grown
// from the files of a corpus (or from nothing) by a fixed pseudo-random sequence, so that a failure
// comes again with the same arguments.
//
//   NAME [--seconds=N] [--seed=N] [--max-size=N] [FILE|DIRECTORY...]
//
// A file alone, with --seconds=0, is run as it is: the way to replay a crash. The input under test
// is kept in `crash-input` of the current directory when it kills the process.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

Input current;  // NOLINT: the signal handler needs it.

void keep_input(int number) {
  const int fd = ::open("crash-input", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  [[maybe_unused]] const auto written = ::write(fd, current.data(), current.size());
  std::signal(number, SIG_DFL);
  std::raise(number);
}

std::vector<Input> read_corpus(const std::vector<std::string>& paths) {
  std::vector<Input> corpus;
  const auto add = [&](const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  };
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      add(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) add(entry.path());
  }
  return corpus;
}

class Mutator {
 public:
  Mutator(std::uint64_t seed, std::size_t max_size) : random_(seed), max_size_(max_size) {}

  Input next(const std::vector<Input>& corpus) {
    Input input;
    if (!corpus.empty() && below(8) != 0) input = corpus[below(corpus.size())];
    if (input.empty()) {
      input.resize(1 + below(below(4) == 0 ? max_size_ : 64));
      for (std::uint8_t& byte : input) byte = any_byte();
    }
    for (std::size_t edits = below(9); edits > 0; --edits) edit(input, corpus);
    if (input.size() > max_size_) input.resize(max_size_);
    return input;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::uint8_t any_byte() {
    static constexpr std::uint8_t telling[] = {0, 1, 2, 4, 8, 0x7f, 0x80, 0xfe, 0xff};
    return below(3) == 0 ? telling[below(std::size(telling))]
                         : static_cast<std::uint8_t>(below(256));
  }
  void edit(Input& input, const std::vector<Input>& corpus) {
    if (input.empty()) return input.push_back(any_byte());
    const auto at = static_cast<std::ptrdiff_t>(below(input.size()));
    const auto length = static_cast<std::ptrdiff_t>(
        1 + below(std::min<std::size_t>(input.size() - static_cast<std::size_t>(at), 16)));
    switch (below(6)) {
      case 0:
        input[static_cast<std::size_t>(at)] = any_byte();
        break;
      case 1:
        input[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      case 2:
        input.erase(input.begin() + at, input.begin() + at + length);
        break;
      case 3:
        input.insert(input.begin() + at, static_cast<std::size_t>(length), any_byte());
        break;
      case 4: {  // Repeat a piece: deep nesting, long chains.
        const Input piece(input.begin() + at, input.begin() + at + length);
        for (std::size_t times = below(64); times > 0 && input.size() < max_size_; --times)
          input.insert(input.begin() + at, piece.begin(), piece.end());
        break;
      }
      default:
        if (corpus.empty()) break;
        const Input& other = corpus[below(corpus.size())];
        input.resize(static_cast<std::size_t>(at));
        input.insert(input.end(),
                     other.begin() + static_cast<std::ptrdiff_t>(below(other.size() + 1)),
                     other.end());
    }
  }

  std::mt19937_64 random_;
  std::size_t max_size_;
};

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seconds = 2;
  std::uint64_t seed = 1;
  std::uint64_t max_size = 4096;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with("--seconds="))
      seconds = std::strtoull(argv[i] + 10, nullptr, 10);
    else if (argument.starts_with("--seed="))
      seed = std::strtoull(argv[i] + 7, nullptr, 10);
    else if (argument.starts_with("--max-size="))
      max_size = std::strtoull(argv[i] + 11, nullptr, 10);
    else
      paths.push_back(argument);
  }
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
    std::signal(number, keep_input);

  const std::vector<Input> corpus = read_corpus(paths);
  std::uint64_t runs = 0;
  const auto run = [&](Input input) {
    current = std::move(input);
    LLVMFuzzerTestOneInput(current.data(), current.size());
    ++runs;
  };
  for (const Input& input : corpus) run(input);
  Mutator mutator(seed, max_size);
  const ktstr::Deadline end{std::chrono::seconds(seconds)};
  while (!end.passed()) run(mutator.next(corpus));
  std::printf("fuzz: %llu inputs, %zu of them from the corpus\n",
              static_cast<unsigned long long>(runs), corpus.size());
  std::printf("cases: 1 passed, 0 failed, 0 skipped\n");
  return runs == 0 ? 1 : 0;
}
