import torch
import torch.nn.functional as F

x = torch.tensor(1, dtype=torch.float64)
x.requires_grad_()

h1 = torch.relu(x)
h2 = torch.relu(h1)
h3 = torch.relu(h2)
h4 = torch.relu(h3)
h5 = torch.relu(h4)
h6 = torch.relu(h5)
h7 = torch.relu(h6)
y = torch.relu(h7)
y.backward()
print("x.grad =", x.grad)
