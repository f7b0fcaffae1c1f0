// Memory of the simulator's threads: a run is one thread that takes and gives back small blocks, millions of times a
// second. Each thread keeps what it gave back, by size; a block may be given back by another thread than took it.
#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

constexpr std::size_t kStep = 32;
constexpr std::size_t kLargest = 1024;  // larger ones come from malloc
constexpr std::size_t kChunk = std::size_t{64} << 10U;

// Before each block; as long as the strictest alignment.
struct alignas(alignof(std::max_align_t)) Head {
  std::size_t kind;  // index of its list; kKinds: from malloc
};
struct Free {
  Free* next;
};
constexpr std::size_t kKinds = kLargest / kStep;

struct Lists {
  std::array<Free*, kKinds> free{};
  std::byte* at = nullptr;
  std::byte* end = nullptr;
};
thread_local constinit Lists lists;

void* from_malloc(std::size_t size) {
  auto* const head = static_cast<Head*>(std::malloc(size + sizeof(Head)));
  if (head == nullptr) throw std::bad_alloc();
  head->kind = kKinds;
  return head + 1;
}

void* cut(std::size_t kind) {
  const std::size_t size = (kind + 1) * kStep + sizeof(Head);
  if (static_cast<std::size_t>(lists.end - lists.at) < size) {
    lists.at = static_cast<std::byte*>(std::malloc(kChunk));  // kept until the program ends
    if (lists.at == nullptr) throw std::bad_alloc();
    lists.end = lists.at + kChunk;
  }
  auto* const head = ::new (static_cast<void*>(lists.at)) Head{kind};
  lists.at += size;
  return head + 1;
}

}  // namespace

void* operator new(std::size_t size) {
  const std::size_t kind = size == 0 ? 0 : (size - 1) / kStep;
  if (kind >= kKinds) return from_malloc(size);
  Free* const free = lists.free[kind];
  if (free == nullptr) return cut(kind);
  lists.free[kind] = free->next;
  return free;
}

void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  Head* const head = static_cast<Head*>(block) - 1;
  if (head->kind == kKinds) return std::free(head);
  lists.free[head->kind] = ::new (block) Free{lists.free[head->kind]};
}

void operator delete(void* block, std::size_t /*size*/) noexcept { operator delete(block); }

#endif
