#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch's L1-loss tutorial with a seed before it: prints what examples/03_l1_tutorial.c has to print.

"""
import sys

import torch
import torch.nn as nn

torch.manual_seed(int(sys.argv[1]))

x = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
y_true = torch.tensor([2.0, 4.0, 6.0, 8.0, 10.0])
model = nn.Linear(1, 1)
l1_loss = nn.L1Loss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

for epoch in range(100):
    y_pred = model(x.unsqueeze(1))
    loss = l1_loss(y_pred, y_true.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"Epoch {epoch + 1}, Loss: {loss.item()}")

x_test = torch.tensor([6.0, 7.0, 8.0, 9.0, 10.0])
y_test_true = torch.tensor([12.0, 14.0, 16.0, 18.0, 20.0])
y_test_pred = model(x_test.unsqueeze(1))
test_loss = l1_loss(y_test_pred, y_test_true.unsqueeze(1))
print(f"Test Loss: {test_loss.item()}")
