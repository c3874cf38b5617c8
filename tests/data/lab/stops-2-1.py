import torch
import torch.nn.functional as F

w = torch.tensor(3, dtype=torch.float64)
w.requires_grad_()
x = torch.tensor(2, dtype=torch.float64)

t = torch.Tensor.detach(w * w)
loss = (w * x - t) ** 2
loss.backward()
print("w.grad =", w.grad)
