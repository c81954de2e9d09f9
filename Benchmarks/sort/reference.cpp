// What `pcompute sort` and `Communicator.sort` are measured against, and the files for it.
//
//   reference lines BYTES SEED FILE     lines of 20 to 119 random letters and digits
//   reference log BYTES SEED FILE       lines as servers write them, with much in common
//   reference sort COUNT                std::sort of two halves in two threads, and a merge
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
static uint64_t state;
static uint64_t next() {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static void random_line(std::string &line) {
  static const char symbols[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
  size_t length = 20 + next() % 100;
  while (line.size() < length) {
    uint64_t word = next();
    for (int i = 0; i < 10; i++, word >>= 6) line += symbols[word & 63];
  }
  line.resize(length);
}

static void log_line(std::string &line) {
  static const char *words[] = {"accepted", "closed", "timeout", "retry", "GET", "POST", "user", "session", "cache", "miss"};
  char text[128];
  uint64_t time = next() % 86400;
  snprintf(text, sizeof text, "2025-03-%02d %02d:%02d:%02d host%02d [%d] ", int(1 + next() % 28), int(time / 3600),
           int(time / 60 % 60), int(time % 60), int(next() % 40), int(next() % 30000));
  line += text;
  for (uint64_t i = 2 + next() % 6; i; i--) (line += words[next() % 10]) += i > 1 ? " " : "";
}

static int generate(void (*make)(std::string &), size_t bytes, const char *path) {
  FILE *file = fopen(path, "w");
  if (!file) return perror(path), 1;
  std::string line;
  for (size_t done = 0; done < bytes; done += line.size()) {
    line.clear();
    make(line);
    line += '\n';
    if (fwrite(line.data(), 1, line.size(), file) != line.size()) return perror(path), 1;
  }
  return fclose(file) ? perror(path), 1 : 0;
}

static int sort(size_t count) {
  std::vector<uint64_t> values(count), merged(count);
  for (auto &value : values) value = next();
  auto start = std::chrono::steady_clock::now();
  auto middle = values.begin() + count / 2;
  std::thread other([&] { std::sort(values.begin(), middle); });
  std::sort(middle, values.end());
  other.join();
  std::merge(values.begin(), middle, middle, values.end(), merged.begin());
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  printf("%.3f\n", seconds);
  return std::is_sorted(merged.begin(), merged.end()) ? 0 : 1;
}

int main(int argc, char **argv) {
  std::string command = argc > 1 ? argv[1] : "";
  if (argc == 3 && command == "sort") return sort(strtoull(argv[2], nullptr, 10));
  if (argc == 5 && (command == "lines" || command == "log")) {
    state = strtoull(argv[3], nullptr, 10);
    return generate(command == "lines" ? random_line : log_line, strtoull(argv[2], nullptr, 10), argv[4]);
  }
  fprintf(stderr, "usage: reference lines|log BYTES SEED FILE, or reference sort COUNT\n");
  return 2;
}
