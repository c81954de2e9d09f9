#ifndef CMPI_CONSTANT_H
#define CMPI_CONSTANT_H

// Swift imports macros that are integers, but not those with a cast, as handles and sentinels have. Each becomes a
// global getter, with a C before its name: some of the originals do import from MPICH, and the two would be ambiguous.
#define CMPI_CONSTANT(type, name) \
  static inline type cmpi_##name(void) __attribute__((swift_name("getter:C" #name "()"))); \
  static inline type cmpi_##name(void) { return name; }

#endif
