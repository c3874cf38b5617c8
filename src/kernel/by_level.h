/* SPDX-License-Identifier: MIT */
/* Tables with a row for each level of CPU. Doubles gain nothing from the third level and have the
 * second's there, and so do loops of floats that gain nothing from vectors of 512 bits; integers
 * are no training's cost and have the first's everywhere. */
#ifndef REELI_BY_LEVEL_H
#define REELI_BY_LEVEL_H

/* clang-format off */
/* {ROW(level, the level of doubles, name, more), …} */
#ifdef REELI_X86
#define BY_LEVEL(ROW, name, more)                                                                  \
    {ROW(portable, portable, name, more), ROW(avx2, avx2, name, more),                             \
     ROW(avx512, avx2, name, more)}
#define BY_LEVEL_OF_FLOATS(ROW, name, more) /* and one of doubles */                               \
    {ROW(portable, portable, name, more), ROW(avx2, portable, name, more),                         \
     ROW(avx512, portable, name, more)}
#define BY_TWO_OF_FLOATS(ROW, name, more) /* the same */                                           \
    {ROW(portable, portable, name, more), ROW(avx2, portable, name, more),                         \
     ROW(avx2, portable, name, more)}
#define BY_TWO_LEVELS(ROW, name, more)                                                             \
    {ROW(portable, portable, name, more), ROW(avx2, avx2, name, more), ROW(avx2, avx2, name, more)}
#else
#define BY_LEVEL(ROW, name, more) {ROW(portable, portable, name, more)}
#define BY_TWO_LEVELS BY_LEVEL
#define BY_LEVEL_OF_FLOATS BY_LEVEL
#define BY_TWO_OF_FLOATS BY_LEVEL
#endif
#define DTYPES(level, f64_level, name, i64) {name##_f32_##level, name##_f64_##f64_level, i64}

/* Functions of a type, declared for each level; and for each float. */
#ifdef REELI_X86
#define DECLARE_LEVELS(type, name) type name##_portable, name##_avx2, name##_avx512;
#define DECLARE_FLOATS(type, name)                                                                 \
    type name##_f32_portable, name##_f64_portable, name##_f32_avx2, name##_f64_avx2,               \
        name##_f32_avx512;
#else
#define DECLARE_LEVELS(type, name) type name##_portable;
#define DECLARE_FLOATS(type, name) type name##_f32_portable, name##_f64_portable;
#endif

#endif
