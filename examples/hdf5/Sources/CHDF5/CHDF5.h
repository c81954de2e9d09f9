// Empty: only the flags of the library are wanted, and hdf5.h stays out of sight of Swift.
