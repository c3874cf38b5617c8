import torch
import torch.nn.functional as F

x = torch.tensor([[1,2],[3,4],[5,6]], dtype=torch.float64)
w = torch.tensor([[1],[-1]], dtype=torch.float64)
w.requires_grad_()

y = x @ w
loss = torch.sum(y)
loss.backward()
print("w.grad =", w.grad)
