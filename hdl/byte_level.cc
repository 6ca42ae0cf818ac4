// A core and the streams of bytes at its ports, as a library.
#include "model.cc"

#include <cstdint>
#include <deque>

struct Model {
    cxxrtl_design::p_model core;
    std::deque<uint8_t> input, output;
};

// One rising edge. The outputs are those before it, computed by eval(); commit() updates the registers.
// The falling edge would change nothing, so only the memory of the clock is put back.
static void clock(Model *model) {
    auto &core = model->core;
    bool offers = !model->input.empty();
    core.p_i____valid.set<bool>(offers);
    if (offers)
        core.p_i____payload.set<uint8_t>(model->input.front());
    core.p_o____ready.set<bool>(true);
    core.prev_p_clk.set<bool>(false);
    core.p_clk.set<bool>(true);
    core.eval();
    if (offers && core.p_i____ready.get<bool>())
        model->input.pop_front();
    if (core.p_o____valid.get<bool>())
        model->output.push_back(core.p_o____payload.get<uint8_t>());
    core.commit();
}

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

uint64_t model_run(Model *model, uint64_t clocks) {
    uint64_t ran = 0;
    for (bool works = true; works && ran < clocks; ran++) {
        clock(model);
        works = !model->input.empty() || model->core.p_busy.get<bool>();
    }
    return ran;
}

}
