/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiled BPF object OBJECT as bytes of the loader. */
    .section .rodata
    .balign 8
    .global ktstr_fixture_begin
    .global ktstr_fixture_end
ktstr_fixture_begin:
    .incbin OBJECT
ktstr_fixture_end:
    .section .note.GNU-stack, "", %progbits
