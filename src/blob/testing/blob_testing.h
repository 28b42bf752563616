#pragma once
/// Short forms for tests of and with blob stores.

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <thread>

#include "base/hash.h"
#include "base/testing/temporary_folder.h"
#include "base/testing/test_context.h"
#include "blob/blob_store.h"

namespace granary::blob {

inline Result<BlobInfo> put(BlobStore& store, std::string_view bytes,
                            std::optional<Digest> expected = std::nullopt) {
  const auto writer = TRY(store.create(test_context()));
  TRY(writer->write(as_bytes(bytes)));
  return writer->commit(expected);
}

inline Result<std::string> slurp(ByteReader& reader) {
  std::string out;
  std::array<std::byte, 10'000> chunk;
  while (const auto n = TRY(reader.read(chunk))) out += as_text(std::span(chunk).first(n));
  return out;
}

inline Result<std::string> slurp(BlobStore& store, const Digest& digest) {
  const auto reader = TRY(store.open(test_context(), digest));
  return slurp(*reader);
}

/// Waits for the end of a growing file, as a client does; its error when it was abandoned.
inline Result<std::string> slurp(const Servable& servable) {
  const auto read = [](int fd, std::uint64_t size) {
    std::string out(size, '\0');
    std::size_t at = 0;
    while (at < size) {
      const ssize_t n = ::pread(fd, out.data() + at, out.size() - at, static_cast<off_t>(at));
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    out.resize(at);
    return out;
  };
  if (const auto* file = std::get_if<std::shared_ptr<const OpenFile>>(&servable))
    return read((*file)->fd.get(), (*file)->size);
  const auto& growing = std::get<std::shared_ptr<GrowingFile>>(servable);
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < limit) {
    const auto state = growing->state();
    if (state.error) return tl::unexpected(*state.error);
    if (state.finished) return read(growing->fd(), state.size);
    std::this_thread::yield();
  }
  return fail(Errc::deadline_exceeded, "the growing file never ended");
}

/// Files below `folder`, folders not counted.
inline std::size_t count_files(const std::string& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    count += entry.is_regular_file();
  return count;
}

}  // namespace granary::blob
