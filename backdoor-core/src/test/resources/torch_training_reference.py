"""Writes torch_training_reference.json: what PyTorch's optimisers and schedulers do.

Each optimiser gets the same gradients (a formula that the Java test repeats) for some steps and
reports the parameter after each; each scheduler reports the rate of each epoch. Double precision.
Run with Python 3 and PyTorch 1.13 or later:

    python3 torch_training_reference.py > torch_training_reference.json
"""

import json
import math

import torch

STEPS = 8
VALUES = 5


def gradient(step):
    """Shrinks, so that AMSGrad's maximum differs from the running mean of squares."""
    return torch.tensor(
        [math.sin(1 + 3 * step + i) * math.exp(-0.7 * step) for i in range(VALUES)],
        dtype=torch.float64,
    )


def rate(base, step):
    return base if step < 4 else base / 2


def trajectory(make, base):
    w = torch.tensor([0.5 - 0.3 * i for i in range(VALUES)], dtype=torch.float64)
    w.requires_grad_(True)
    optimizer = make([w])
    result = []
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = rate(base, step)
        w.grad = gradient(step)
        optimizer.step()
        result.append(w.tolist())
    return result


def sgd(lr, momentum, decay, nesterov):
    spec = {"kind": "sgd", "learning_rate": lr, "momentum": momentum, "weight_decay": decay,
            "nesterov": nesterov}
    return spec, lambda p: torch.optim.SGD(
        p, lr, momentum=momentum, weight_decay=decay, nesterov=nesterov)


def adam(lr, beta1, beta2, epsilon, decay, amsgrad):
    spec = {"kind": "adam", "learning_rate": lr, "beta1": beta1, "beta2": beta2,
            "epsilon": epsilon, "weight_decay": decay, "amsgrad": amsgrad}
    return spec, lambda p: torch.optim.Adam(
        p, lr, betas=(beta1, beta2), eps=epsilon, weight_decay=decay, amsgrad=amsgrad)


def adamw(lr, beta1, beta2, epsilon, decay):
    spec = {"kind": "adamw", "learning_rate": lr, "beta1": beta1, "beta2": beta2,
            "epsilon": epsilon, "weight_decay": decay}
    return spec, lambda p: torch.optim.AdamW(
        p, lr, betas=(beta1, beta2), eps=epsilon, weight_decay=decay)


OPTIMIZERS = [
    sgd(0.1, 0, 0, False),
    sgd(0.1, 0, 0.05, False),
    sgd(0.1, 0.9, 5e-4, False),
    sgd(0.1, 0.9, 0.05, True),
    adam(0.01, 0.9, 0.999, 1e-8, 0, False),
    adam(0.1, 0.5, 0.9, 1e-8, 0.05, False),
    adam(0.1, 0.5, 0.9, 1e-3, 0.05, True),
    adamw(0.1, 0.9, 0.999, 1e-8, 0.05),
]


def rates(scheduler, base, losses):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], base)
    schedule = scheduler(optimizer)
    result = []
    for loss in losses:
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if isinstance(schedule, torch.optim.lr_scheduler.ReduceLROnPlateau):
            schedule.step(loss)
        else:
            schedule.step()
    return result


def loss(epoch):
    """Falls, then stands still with small bumps, then falls a little below the threshold."""
    if epoch < 8:
        return 2 - 0.1 * epoch
    return 1.3 + 0.05 * math.sin(epoch) ** 2 - (0.2 if epoch > 45 else 0)


LR = torch.optim.lr_scheduler
LOSSES = [loss(e) for e in range(60)]
SCHEDULES = [
    ({"kind": "cosine", "period": 100, "minimum": 0},
     lambda o: LR.CosineAnnealingLR(o, 100, 0)),
    ({"kind": "cosine", "period": 20, "minimum": 0.001},
     lambda o: LR.CosineAnnealingLR(o, 20, 0.001)),
    ({"kind": "step", "every": 7, "factor": 0.5}, lambda o: LR.StepLR(o, 7, 0.5)),
    ({"kind": "multi-step", "at": [10, 25, 26], "factor": 0.1},
     lambda o: LR.MultiStepLR(o, [10, 25, 26], 0.1)),
    ({"kind": "plateau", "factor": 0.1, "patience": 10, "threshold": 1e-4},
     lambda o: LR.ReduceLROnPlateau(o, "min", 0.1, 10, 1e-4)),
    ({"kind": "plateau", "factor": 0.5, "patience": 2, "threshold": 0.05},
     lambda o: LR.ReduceLROnPlateau(o, "min", 0.5, 2, 0.05)),
]


def lines(entries):
    return "[\n  " + ",\n  ".join(json.dumps(e) for e in entries) + "\n ]"


optimizers = [
    {"spec": spec, "weights": trajectory(make, spec["learning_rate"])} for spec, make in OPTIMIZERS
]
schedules = [{"spec": spec, "rates": rates(make, 0.01, LOSSES)} for spec, make in SCHEDULES]
print(f'{{\n "optimizers": {lines(optimizers)},\n "losses": {json.dumps(LOSSES)},\n'
      f' "schedules": {lines(schedules)}\n}}')
