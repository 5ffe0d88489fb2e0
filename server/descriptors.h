// The files that this process may have open at once, shared out between connections and the cache of ready answers.
#pragma once

#include <cstddef>

namespace lightfast {

// What is left over, at least a quarter, is for the files that connections open, the database and the rest.
struct DescriptorShares {
  std::size_t connections;
  std::size_t cached_files;
};

// Of `limit` descriptors.
DescriptorShares share_descriptors(std::size_t limit);

// Raises the process's own limit as far as it may (to what `ulimit -Hn` says), and returns it.
std::size_t raise_descriptor_limit();

}  // namespace lightfast
