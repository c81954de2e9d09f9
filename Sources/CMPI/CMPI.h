// Makes <mpi.h> visible to Swift, and nothing that Swift can say itself.

#ifndef CMPI_H
#define CMPI_H

#include <mpi.h>

// Swift imports macros that are integers, but not those with a cast, as handles and sentinels have. Each becomes a
// global getter, with a C before its name: some of the originals do import from MPICH, and the two would be ambiguous.
#define CMPI_CONSTANT(type, name) \
  static inline type cmpi_##name(void) __attribute__((swift_name("getter:C" #name "()"))); \
  static inline type cmpi_##name(void) { return name; }

#pragma clang assume_nonnull begin

CMPI_CONSTANT(MPI_Comm, MPI_COMM_WORLD)
CMPI_CONSTANT(MPI_Comm, MPI_COMM_SELF)
CMPI_CONSTANT(MPI_Comm, MPI_COMM_NULL)
CMPI_CONSTANT(MPI_Group, MPI_GROUP_NULL)
CMPI_CONSTANT(MPI_Group, MPI_GROUP_EMPTY)
CMPI_CONSTANT(MPI_Request, MPI_REQUEST_NULL)
CMPI_CONSTANT(MPI_Message, MPI_MESSAGE_NULL)
CMPI_CONSTANT(MPI_Message, MPI_MESSAGE_NO_PROC)
CMPI_CONSTANT(MPI_Info, MPI_INFO_NULL)
CMPI_CONSTANT(MPI_Errhandler, MPI_ERRORS_RETURN)

CMPI_CONSTANT(MPI_Datatype, MPI_DATATYPE_NULL)
CMPI_CONSTANT(MPI_Datatype, MPI_BYTE)
CMPI_CONSTANT(MPI_Datatype, MPI_INT8_T)
CMPI_CONSTANT(MPI_Datatype, MPI_INT16_T)
CMPI_CONSTANT(MPI_Datatype, MPI_INT32_T)
CMPI_CONSTANT(MPI_Datatype, MPI_INT64_T)
CMPI_CONSTANT(MPI_Datatype, MPI_UINT8_T)
CMPI_CONSTANT(MPI_Datatype, MPI_UINT16_T)
CMPI_CONSTANT(MPI_Datatype, MPI_UINT32_T)
CMPI_CONSTANT(MPI_Datatype, MPI_UINT64_T)
CMPI_CONSTANT(MPI_Datatype, MPI_FLOAT)
CMPI_CONSTANT(MPI_Datatype, MPI_DOUBLE)
CMPI_CONSTANT(MPI_Datatype, MPI_C_BOOL)
CMPI_CONSTANT(MPI_Datatype, MPI_C_FLOAT_COMPLEX)
CMPI_CONSTANT(MPI_Datatype, MPI_C_DOUBLE_COMPLEX)
CMPI_CONSTANT(MPI_Datatype, MPI_FLOAT_INT)
CMPI_CONSTANT(MPI_Datatype, MPI_DOUBLE_INT)
CMPI_CONSTANT(MPI_Datatype, MPI_LONG_INT)
CMPI_CONSTANT(MPI_Datatype, MPI_2INT)
CMPI_CONSTANT(MPI_Datatype, MPI_SHORT_INT)

CMPI_CONSTANT(MPI_Op, MPI_OP_NULL)
CMPI_CONSTANT(MPI_Op, MPI_SUM)
CMPI_CONSTANT(MPI_Op, MPI_PROD)
CMPI_CONSTANT(MPI_Op, MPI_MIN)
CMPI_CONSTANT(MPI_Op, MPI_MAX)
CMPI_CONSTANT(MPI_Op, MPI_LAND)
CMPI_CONSTANT(MPI_Op, MPI_LOR)
CMPI_CONSTANT(MPI_Op, MPI_LXOR)
CMPI_CONSTANT(MPI_Op, MPI_BAND)
CMPI_CONSTANT(MPI_Op, MPI_BOR)
CMPI_CONSTANT(MPI_Op, MPI_BXOR)
CMPI_CONSTANT(MPI_Op, MPI_MINLOC)
CMPI_CONSTANT(MPI_Op, MPI_MAXLOC)

CMPI_CONSTANT(void *, MPI_IN_PLACE)
// 0 in Open MPI, 1 in MPICH: never write nil for these.
CMPI_CONSTANT(MPI_Status *_Nullable, MPI_STATUS_IGNORE)
CMPI_CONSTANT(MPI_Status *_Nullable, MPI_STATUSES_IGNORE)

// Function pointers, which Swift cannot write as constants of C's types.
CMPI_CONSTANT(MPI_Type_copy_attr_function *_Nullable, MPI_TYPE_NULL_COPY_FN)
CMPI_CONSTANT(MPI_Type_delete_attr_function *_Nullable, MPI_TYPE_NULL_DELETE_FN)

#pragma clang assume_nonnull end

#endif
