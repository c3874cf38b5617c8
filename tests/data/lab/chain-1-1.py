import torch
import torch.nn.functional as F

x = torch.tensor(1, dtype=torch.float64)
x.requires_grad_()

h1 = torch.sigmoid(x)
h2 = torch.sigmoid(h1)
h3 = torch.sigmoid(h2)
h4 = torch.sigmoid(h3)
h5 = torch.sigmoid(h4)
h6 = torch.sigmoid(h5)
h7 = torch.sigmoid(h6)
y = torch.sigmoid(h7)
y.backward()
print("x.grad =", x.grad)
