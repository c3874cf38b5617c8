import torch
import torch.nn.functional as F

x = torch.tensor(1, dtype=torch.float64)
x.requires_grad_()
w = torch.tensor(3, dtype=torch.float64)
w.requires_grad_()

h1 = w * x
h2 = w * h1
h3 = w * h2
h4 = w * h3
h5 = w * h4
h6 = w * h5
h7 = w * h6
y = w * h7
y.backward()
print("x.grad =", x.grad)
print("w.grad =", w.grad)
