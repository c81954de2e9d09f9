#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Lets no file grow beyond a size meanwhile: what a full disk is, for those who cannot make one.
func withFileSizeLimit(_ bytes: UInt, _ body: () throws -> Void) rethrows {
  let handler = signal(SIGXFSZ, SIG_IGN)
  var before = rlimit()
  #if canImport(Glibc)
    let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
  #else
    let resource = RLIMIT_FSIZE
  #endif
  unsafe getrlimit(resource, &before)
  var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: before.rlim_max)
  unsafe setrlimit(resource, &limit)
  defer {
    unsafe setrlimit(resource, &before)
    _ = signal(SIGXFSZ, handler)
  }
  try body()
}
