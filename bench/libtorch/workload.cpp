// SPDX-License-Identifier: MIT
#include "workload.h"

#include "../inputs.h"

#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <torch/nn/functional/loss.h>
#include <torch/nn/functional/pooling.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>
#include <torch/nn/modules/rnn.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>
#include <torch/utils.h>
#include <vector>

using torch::Tensor;
namespace nn = torch::nn;

static Tensor uniform(at::IntArrayRef size, float bound, uint64_t seed)
{
    Tensor x = torch::empty(size);
    fill_uniform(x.data_ptr<float>(), x.numel(), bound, seed);
    return x;
}

static Tensor targets_of(const Tensor &x)
{
    Tensor t = torch::empty({x.size(0), 1});
    fill_targets(t.data_ptr<float>(), x.data_ptr<float>(), x.size(0), x.size(1));
    return t;
}

static nn::Linear linear(int64_t inputs, int64_t outputs, float bound, uint64_t seed)
{
    nn::Linear layer(inputs, outputs);
    fill_layer(layer->weight.data_ptr<float>(), layer->bias.data_ptr<float>(), inputs, outputs,
               bound, seed);
    return layer;
}

static nn::Sequential make_mlp(int64_t inputs, int64_t hidden)
{
    const float in = 1.0f / std::sqrt(static_cast<float>(inputs));
    const float middle = 1.0f / std::sqrt(static_cast<float>(hidden));
    return nn::Sequential(linear(inputs, hidden, in, 10), nn::ReLU(),
                          linear(hidden, hidden, middle, 20), nn::ReLU(),
                          linear(hidden, 1, middle, 30));
}

// One step, once the loss is there.
static double descend(torch::optim::Optimizer &optimizer, const Tensor &loss)
{
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    return loss.item<float>();
}

struct Tutorial {
    Tensor x = torch::arange(1, 6, torch::kFloat), y = 2 * x;
    nn::Linear model{1, 1};
    torch::optim::SGD sgd{model->parameters(), 0.01};

    Tutorial() { torch::manual_seed(0), model->reset_parameters(); }

    double epoch()
    {
        const Tensor y_pred = model->forward(x.unsqueeze(1));
        return descend(sgd, torch::l1_loss(y_pred, y.unsqueeze(1)));
    }
};

void run_tutorial()
{
    Tutorial tutorial;
    for (int i = 0; i < 100; i++) {
        std::printf("Epoch %d, Loss: %.9g\n", i + 1, tutorial.epoch());
    }
}

struct Mlp {
    Tensor x = uniform({W2_ROWS, W2_INPUTS}, 1, 1), t = targets_of(x);
    Tensor order = torch::empty({W2_ROWS}, torch::kLong);
    nn::Sequential model = make_mlp(W2_INPUTS, W2_HIDDEN);
    std::unique_ptr<torch::optim::Optimizer> optimizer;
    int64_t at = 0;

    explicit Mlp(bool adam)
    {
        using namespace torch::optim;
        fill_order(order.data_ptr<int64_t>(), W2_ROWS, 2);
        if (adam) {
            optimizer = std::make_unique<Adam>(model->parameters(), AdamOptions(1e-3));
        } else {
            optimizer = std::make_unique<SGD>(model->parameters(), SGDOptions(1e-3).momentum(0.9));
        }
    }

    double step()
    {
        const Tensor rows = order.narrow(0, at, W2_BATCH);
        at = (at + W2_BATCH) % W2_ROWS;
        const Tensor y = model->forward(x.index_select(0, rows));
        return descend(*optimizer, torch::l1_loss(y, t.index_select(0, rows)));
    }
};

struct WideMlp {
    Tensor x = uniform({W3_BATCH, W3_INPUTS}, 1, 1), t = targets_of(x);
    nn::Sequential model = make_mlp(W3_INPUTS, W3_HIDDEN);
    torch::optim::SGD sgd{model->parameters(), 1e-2};

    double step() { return descend(sgd, torch::mse_loss(model->forward(x), t)); }
};

struct Loss {
    Tensor x = uniform({W4_COUNT}, 2, 1).requires_grad_(), t = uniform({W4_COUNT}, 2, 2);
    bool huber;

    explicit Loss(bool is_huber) : huber(is_huber) {}

    double forward_and_backward()
    {
        const Tensor loss = huber ? torch::huber_loss(x, t) : torch::l1_loss(x, t);
        x.mutable_grad().reset();
        loss.backward();
        return loss.item<float>();
    }
};

struct LinearRegression {
    Tensor x = uniform({W5_ROWS, W5_COLUMNS}, 1, 1), t = targets_of(x);
    nn::Linear model = linear(W5_COLUMNS, 1, 0.1f, 10);
    torch::optim::SGD sgd{model->parameters(), 1e-2};

    double epoch() { return descend(sgd, torch::l1_loss(model->forward(x), t)); }
};

struct Chain {
    Tensor x, w, b;

    explicit Chain(int64_t size)
        : x(torch::empty({size})), w(torch::full({size}, 1.02f)), b(torch::full({size}, 0.01f))
    {
        for (int64_t i = 0; i < size; i++) {
            x.data_ptr<float>()[i] = 0.5f + 0.01f * static_cast<float>(i);
        }
        for (Tensor *t : {&x, &w, &b}) {
            t->requires_grad_();
        }
    }

    double run()
    {
        Tensor y = x;
        for (int i = 0; i < W6_OPERATIONS; i++) {
            y = i % 3 == 0 ? y * w : i % 3 == 1 ? y + b : torch::tanh(y);
        }
        const Tensor loss = y.sum();
        for (Tensor *t : {&x, &w, &b}) {
            t->mutable_grad().reset();
        }
        loss.backward();
        return loss.item<float>();
    }
};

static void fill_parameters(const std::vector<Tensor> &parameters)
{
    torch::NoGradGuard guard;
    for (size_t i = 0; i < parameters.size(); i++) {
        fill_parameter(parameters[i].data_ptr<float>(), parameters[i].numel(), static_cast<int>(i));
    }
}

static nn::Conv2d convolution(int64_t inputs, int64_t outputs)
{
    return nn::Conv2d(nn::Conv2dOptions(inputs, outputs, 3).padding(1));
}

// One batch, and a step of Adam; of the net's modules `layers` has the parameters.
template <class Layers> struct Net {
    Tensor x, t;
    Layers layers;
    torch::optim::Adam adam;

    Net(const Tensor &inputs, const Tensor &targets, const Layers &of)
        : x(inputs), t(targets), layers(of), adam(of->parameters(), torch::optim::AdamOptions(1e-3))
    {
        fill_parameters(layers->parameters());
    }
};

static Tensor random_classes()
{
    Tensor t = torch::empty({W7_BATCH}, torch::kLong);
    fill_classes(t.data_ptr<int64_t>(), W7_BATCH, W7_CLASSES, 2);
    return t;
}

struct Convolutional : Net<nn::Sequential> {
    Convolutional()
        : Net(uniform({W7_BATCH, 1, W7_SIDE, W7_SIDE}, 1, 1), random_classes(),
              nn::Sequential(convolution(1, 16), nn::ReLU(), nn::MaxPool2d(2), convolution(16, 32),
                             nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                             nn::Linear(1568, W7_CLASSES)))
    {
    }

    double step() { return descend(adam, torch::cross_entropy_loss(layers->forward(x), t)); }
};

static nn::Sequential twice(int64_t inputs, int64_t outputs)
{
    return nn::Sequential(convolution(inputs, outputs), nn::ReLU(), convolution(outputs, outputs),
                          nn::ReLU());
}

static nn::ConvTranspose2d up(int64_t inputs, int64_t outputs)
{
    return nn::ConvTranspose2d(nn::ConvTranspose2dOptions(inputs, outputs, 2).stride(2));
}

struct UNet : Net<nn::ModuleList> {
    UNet()
        : Net(uniform({W8_BATCH, W8_COLOURS, W8_SIDE, W8_SIDE}, 1, 1),
              uniform({W8_BATCH, W8_COLOURS, W8_SIDE, W8_SIDE}, 1, 2),
              nn::ModuleList(twice(W8_COLOURS, 16), twice(16, 32), twice(32, 64), up(64, 32),
                             twice(64, 32), up(32, 16), twice(32, 16),
                             nn::Conv2d(nn::Conv2dOptions(16, W8_COLOURS, 1))))
    {
    }

    Tensor run(size_t i, const Tensor &in)
    {
        if (auto *layer = layers[i]->as<nn::ConvTranspose2d>()) {
            return layer->forward(in);
        }
        if (auto *layer = layers[i]->as<nn::Conv2d>()) {
            return layer->forward(in);
        }
        return layers[i]->as<nn::Sequential>()->forward(in);
    }

    double step()
    {
        Tensor a = run(0, x), b = run(1, torch::max_pool2d(a, 2));
        const Tensor c = run(2, torch::max_pool2d(b, 2));
        b = run(4, torch::cat({b, run(3, c)}, 1));
        a = run(6, torch::cat({a, run(5, b)}, 1));
        return descend(adam, torch::l1_loss(run(7, a), t));
    }
};

struct Recurrent : Net<nn::ModuleList> {
    Recurrent()
        : Net(uniform({W9_BATCH, W9_STEPS, W9_INPUTS}, 1, 1), uniform({W9_BATCH, 1}, 1, 2),
              nn::ModuleList(nn::LSTM(nn::LSTMOptions(W9_INPUTS, W9_HIDDEN).batch_first(true)),
                             nn::Linear(W9_HIDDEN, 1)))
    {
    }

    double step()
    {
        const Tensor h = std::get<0>(layers[0]->as<nn::LSTM>()->forward(x));
        const Tensor y = layers[1]->as<nn::Linear>()->forward(h.select(1, -1));
        return descend(adam, torch::mse_loss(y, t));
    }
};

// An operation on each element, by the name that Reel's side has for it.
static Tensor (*elementwise(const std::string &name))(const Tensor &)
{
    static const std::map<std::string, Tensor (*)(const Tensor &)> all = {
        {"relu", [](const Tensor &x) { return torch::relu(x); }},
        {"leaky_relu", [](const Tensor &x) { return at::leaky_relu(x, 0.01); }},
        {"relu6", [](const Tensor &x) { return at::hardtanh(x, 0, 6); }},
        {"hardsigmoid", [](const Tensor &x) { return at::hardsigmoid(x); }},
        {"hardswish", [](const Tensor &x) { return at::hardswish(x); }},
        {"softshrink", [](const Tensor &x) { return at::softshrink(x, 0.5); }},
        {"clamp", [](const Tensor &x) { return torch::clamp(x, -0.5, 0.5); }},
        {"round", [](const Tensor &x) { return torch::round(x); }},
        {"floor", [](const Tensor &x) { return torch::floor(x); }},
        {"exp", [](const Tensor &x) { return torch::exp(x); }},
        {"tanh", [](const Tensor &x) { return torch::tanh(x); }},
        {"sigmoid", [](const Tensor &x) { return torch::sigmoid(x); }},
        {"silu", [](const Tensor &x) { return at::silu(x); }},
        {"elu", [](const Tensor &x) { return at::elu(x); }},
        {"gelu", [](const Tensor &x) { return at::gelu(x); }},
        {"softplus", [](const Tensor &x) { return at::softplus(x); }}};
    return all.at(name);
}

// A workload that lives as long as the function that runs it.
template <class T> static Workload bind(std::shared_ptr<T> state, double (T::*run)())
{
    return [state, run] { return ((*state).*run)(); };
}

Workload make_workload(const std::string &name, const std::string &config)
{
    if (name == "W1") {
        return bind(std::make_shared<Tutorial>(), &Tutorial::epoch);
    }
    if (name == "W2") {
        return bind(std::make_shared<Mlp>(config == "adam"), &Mlp::step);
    }
    if (name == "W3") {
        return bind(std::make_shared<WideMlp>(), &WideMlp::step);
    }
    if (name == "W4" || name == "W4h") {
        return bind(std::make_shared<Loss>(name == "W4h"), &Loss::forward_and_backward);
    }
    if (name == "W5") {
        return bind(std::make_shared<LinearRegression>(), &LinearRegression::epoch);
    }
    if (name == "W6") {
        return bind(std::make_shared<Chain>(config == "scalar" ? 1 : W6_LARGEST), &Chain::run);
    }
    if (name == "W7") {
        return bind(std::make_shared<Convolutional>(), &Convolutional::step);
    }
    if (name == "W8") {
        return bind(std::make_shared<UNet>(), &UNet::step);
    }
    if (name == "W9") {
        return bind(std::make_shared<Recurrent>(), &Recurrent::step);
    }
    if (name == "elementwise") {
        return [x = uniform({ELEMENTWISE_NUMBERS}, ELEMENTWISE_LARGEST, 1),
                run = elementwise(config)] {
            return static_cast<double>(run(x).data_ptr<float>()[0]);
        };
    }
    return {};
}
