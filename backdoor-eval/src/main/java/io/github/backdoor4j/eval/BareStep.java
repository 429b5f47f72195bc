package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.TensorScope;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A training step as bare as it can be: one batch that lies ready, the network, libtorch's own
 * backward pass and SGD with momentum. What the trainer is measured against; trains nothing else.
 */
final class BareStep implements AutoCloseable {

  private static final double NANOS = 1e9;

  private final TensorScope scope = TensorScope.open();
  private final Network network;
  private final Tensor images;
  private final Tensor labels;
  private final ComputeDevice device;
  private final Precision precision;
  private final SGD optimizer;

  /**
   * @param images normalised batch on the network's device
   * @param labels one for each
   */
  BareStep(Network network, Tensor images, Tensor labels, Precision precision) {
    this.network = network;
    this.images = images;
    this.labels = labels;
    this.device = network.device();
    this.precision = precision;
    TensorVector parameters = new TensorVector();
    network.parameters().values().forEach(parameters::push_back);
    SGDOptions options = new SGDOptions(0.01);
    options.momentum().put(0.9);
    options.weight_decay().put(5e-4);
    this.optimizer = new SGD(parameters, options);
  }

  /** Seconds for some steps. */
  double seconds(int steps) {
    network.training(true);
    device.synchronize();
    long start = System.nanoTime();
    for (int i = 0; i < steps; i++) {
      try (TensorScope step = TensorScope.open()) {
        optimizer.zero_grad();
        Tensor logits = precision.forward(device, () -> network.forward(images));
        torch.cross_entropy_loss(logits, labels).backward();
        optimizer.step();
      }
    }
    device.synchronize();
    return (System.nanoTime() - start) / NANOS;
  }

  @Override
  public void close() {
    scope.close();
  }
}
