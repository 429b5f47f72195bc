package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.spi.Victim;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How long a network takes for an image, measured in a second or two: enough for an estimate.
 *
 * @param forward seconds per image of a forward pass
 * @param training seconds per image of a forward and a backward pass
 */
record NetworkSpeed(double forward, double training) {

  private static final int BATCH = 128;
  private static final int TRIES = 2;
  private static final double NANOS = 1e9;

  static NetworkSpeed of(Victim victim, ComputeDevice device) {
    try (TensorScope scope = TensorScope.open()) {
      Network network = victim.newNetwork(new Seed(0)).to(device);
      ImageShape shape = network.spec().input();
      Tensor images =
          device.place(
              Tensors.uniform(
                  Tensors.generator(new Seed(0)),
                  -1,
                  1,
                  BATCH,
                  shape.channels(),
                  shape.height(),
                  shape.width()));
      network.training(true);
      double training = seconds(() -> trained(network, images));
      network.training(false);
      return new NetworkSpeed(seconds(() -> passed(network, images)), training);
    }
  }

  private static void trained(Network network, Tensor images) {
    Tensor labels = torch.zeros_like(images.select(1, 0).select(1, 0).select(1, 0));
    Tensor loss =
        torch.cross_entropy_loss(network.forward(images), labels.to(torch.ScalarType.Long));
    Tensor[] parameters = network.parameters().values().toArray(Tensor[]::new);
    for (Tensor gradient : Tensors.gradients(loss, false, parameters)) {
      gradient.sum().item_float(); // waits for the device
    }
  }

  private static void passed(Network network, Tensor images) {
    try (NoGradGuard guard = new NoGradGuard()) {
      network.forward(images).sum().item_float();
    }
  }

  private static double seconds(Runnable work) {
    double best = Double.MAX_VALUE;
    for (int i = 0; i <= TRIES; i++) {
      long start = System.nanoTime();
      try (TensorScope scope = TensorScope.open()) {
        work.run();
      }
      // the first one also warms up
      best = i == 0 ? best : Math.min(best, (System.nanoTime() - start) / NANOS);
    }
    return best / BATCH;
  }

  /** Seconds that an amount of work takes. */
  double seconds(Passes passes) {
    return (passes.images() - passes.withGradient()) * forward + passes.withGradient() * training;
  }
}
