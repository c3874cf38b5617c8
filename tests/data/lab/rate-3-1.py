import torch
import torch.nn.functional as F

w = torch.tensor(3, dtype=torch.float64)
w.requires_grad_()

loss = w * w
loss.backward()
print("w.grad =", w.grad)
