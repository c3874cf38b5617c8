// SPDX-License-Identifier: MIT
// libtorch's side of the workloads, as its documentation has a training loop.
#ifndef BENCH_LIBTORCH_WORKLOAD_H
#define BENCH_LIBTORCH_WORKLOAD_H

#include <functional>
#include <string>

// Runs the work once and returns its loss.
using Workload = std::function<double()>;

// The workload of this name; an empty function if there is none.
Workload make_workload(const std::string &name, const std::string &config);

// 100 epochs of the L1 tutorial, printed.
void run_tutorial();

#endif
