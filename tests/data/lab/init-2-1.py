import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
x = torch.tensor([[-4], [-3], [-2], [-1], [0], [1], [2], [3], [4]], dtype=torch.float32)
y_true = torch.tensor([[4], [3], [2], [1], [0], [1], [2], [3], [4]], dtype=torch.float32)

model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
for p in model.parameters():
    nn.init.constant_(p, 0.0)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)

for epoch in range(300):
    y_pred = model(x)
    loss = F.mse_loss(y_pred, y_true)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"Epoch {epoch + 1}, Loss: {loss.item()}")
