// Reading and rendering, by number of stacks: the time for one must not grow with their number.
#include "gitops/layout/desired_state.hpp"
#include "gitops/nix/escape.hpp"
#include "gitops/nix/render.hpp"
#include "src/base/tree.hpp"

#include <benchmark/benchmark.h>

#include "bench/stacks.hpp"

namespace {

using namespace hwcsync;

layout::DesiredState load(const MemoryTree& tree) {
  layout::LoadCounters counters;
  return layout::load_desired_state(tree, "server", counters);
}

void load_stacks(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const MemoryTree tree(bench::repository(count));
  for (auto _ : state) benchmark::DoNotOptimize(load(tree));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(load_stacks)->Arg(10)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond)->Complexity();

void render_stacks(benchmark::State& state) {
  const MemoryTree tree(bench::repository(static_cast<std::size_t>(state.range(0))));
  const auto desired = load(tree);
  for (auto _ : state) benchmark::DoNotOptimize(nix::render(desired));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(render_stacks)->Arg(10)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond)->Complexity();

void escape_text(benchmark::State& state) {
  const std::string text = "it's \"${HOME}\" at 100% of /var/lib/x\n";
  for (auto _ : state) benchmark::DoNotOptimize(nix::string_literal(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(escape_text);

}  // namespace
