// The C interface of every compiled model; included at the end of a shim that defines `struct Model` with
//   std::deque<uint8_t> input, output;   bytes to and from the model
//   void clock();                        one clock
//   bool works();                        whether another clock could change anything
#include <cstdint>

#ifdef NO_CXX_LIBRARY
// All that the model needs of a C++ library beyond its headers (LLVM's).
#include <cstdlib>

void *operator new(std::size_t size) { return std::malloc(size); }
void *operator new[](std::size_t size) { return std::malloc(size); }
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete[](void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void *memory, std::size_t) noexcept { std::free(memory); }

_LIBCPP_BEGIN_NAMESPACE_STD
void __libcpp_verbose_abort(const char *, ...) noexcept { std::abort(); }
_LIBCPP_END_NAMESPACE_STD
#endif

extern "C" {

Model *model_new() { return new Model; }

void model_free(Model *model) { delete model; }

void model_write(Model *model, const char *bytes, uint64_t count) {
    model->input.insert(model->input.end(), bytes, bytes + count);
}

uint64_t model_read(Model *model, char *bytes, uint64_t room) {
    uint64_t count = 0;
    for (; count < room && !model->output.empty(); count++) {
        bytes[count] = model->output.front();
        model->output.pop_front();
    }
    return count;
}

// Runs at least one clock, in which the model may find that it has something to do.
uint64_t model_run(Model *model, uint64_t clocks) {
    uint64_t ran = 0;
    bool works = true;
    for (; works && ran < clocks; ran++) {
        model->clock();
        works = model->works();
    }
    return ran;
}

}
