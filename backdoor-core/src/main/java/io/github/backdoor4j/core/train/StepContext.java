package io.github.backdoor4j.core.train;

import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import java.util.Map;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** What a {@link BatchStep} may use besides the batch: position, randomness, precision, meters. */
public final class StepContext {

  private final int epoch;
  private int step;
  private final ComputeDevice device;
  private final Precision precision;
  private final GeneratorOptional generator;
  private final Meters meters;

  StepContext(
      int epoch,
      ComputeDevice device,
      Precision precision,
      GeneratorOptional generator,
      Meters meters) {
    this.epoch = epoch;
    this.device = device;
    this.precision = precision;
    this.generator = generator;
    this.meters = meters;
  }

  /** Epoch, from 0. */
  public int epoch() {
    return epoch;
  }

  /** Index of the batch within the epoch, from 0. */
  public int step() {
    return step;
  }

  void step(int index) {
    step = index;
  }

  /** Where the batch is. */
  public ComputeDevice device() {
    return device;
  }

  /** Source of all random draws of the step; starts anew each epoch, so a resumed run agrees. */
  public GeneratorOptional generator() {
    return generator;
  }

  /** Forward pass in the plan's precision. */
  public Tensor forward(Network network, Tensor images) {
    return forward(network, images, Taps.none());
  }

  /** Output of a model other than the classifier in the plan's precision. */
  public Tensor apply(Model model, Tensor x) {
    return precision.forward(device, () -> model.apply(x));
  }

  /** Forward pass in the plan's precision, with taps. */
  public Tensor forward(Network network, Tensor images, Taps taps) {
    return precision.forward(device, () -> network.forward(images, taps));
  }

  /**
   * Forward pass in the plan's precision with other values than the network's own, as {@link
   * Network#forward(Tensor, Taps, Map)} takes them.
   */
  public Tensor forward(Network network, Tensor images, Taps taps, Map<String, Tensor> values) {
    return precision.forward(device, () -> network.forward(images, taps, values));
  }

  /** Mean cross entropy; also meters the share of rows predicted as labelled. */
  public Tensor crossEntropy(Tensor logits, Tensor labels) {
    Tensor hits = logits.detach().argmax(new LongOptional(1), false).eq(labels);
    observe("accuracy", hits.to(torch.ScalarType.Float).mean(), (double) labels.size(0));
    return torch.cross_entropy_loss(logits, labels);
  }

  /** Cross entropy of each row. */
  public static Tensor crossEntropyPerSample(Tensor logits, Tensor labels) {
    return torch.cross_entropy_loss(logits, labels, new TensorOptional(), 0, -100, 0.0);
  }

  /**
   * Adds a value to an epoch mean.
   *
   * @param value a scalar tensor
   * @param weight weight in the mean, for example the number of images
   */
  public void observe(String name, Tensor value, double weight) {
    meters.add(name, value.detach().to(torch.ScalarType.Double).mul(new Scalar(weight)), weight);
  }
}
