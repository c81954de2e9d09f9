#include "CStore.h"

#include <hdf5.h>
#include <mpi.h>

int store_rows(const char *path, int communicator, const double *rows, int64_t first, int64_t count,
               int64_t total, int64_t columns) {
  const hsize_t whole[2] = {(hsize_t)total, (hsize_t)columns};
  const hsize_t start[2] = {(hsize_t)first, 0};
  const hsize_t mine[2] = {(hsize_t)count, (hsize_t)columns};

  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_mpio(access, MPI_Comm_f2c(communicator), MPI_INFO_NULL);
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  if (file < 0) return -1;

  hid_t space = H5Screate_simple(2, whole, NULL);
  hid_t field = H5Dcreate2(file, "field", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  hid_t memory = H5Screate_simple(2, mine, NULL);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, mine, NULL);
  if (count == 0) {
    H5Sselect_none(space);
    H5Sselect_none(memory);
  }
  hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
  H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
  herr_t written = H5Dwrite(field, H5T_NATIVE_DOUBLE, memory, space, transfer, rows);

  H5Pclose(transfer);
  H5Sclose(memory);
  H5Dclose(field);
  H5Sclose(space);
  return H5Fclose(file) < 0 || written < 0 ? -1 : 0;
}
