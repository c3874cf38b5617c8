import torch
import torch.nn.functional as F

x = torch.tensor(1, dtype=torch.float64)
x.requires_grad_()

h1 = torch.tanh(x)
h2 = torch.tanh(h1)
h3 = torch.tanh(h2)
h4 = torch.tanh(h3)
h5 = torch.tanh(h4)
h6 = torch.tanh(h5)
h7 = torch.tanh(h6)
y = torch.tanh(h7)
y.backward()
print("x.grad =", x.grad)
