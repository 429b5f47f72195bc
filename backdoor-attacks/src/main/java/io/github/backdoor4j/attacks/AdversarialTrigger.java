package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.StepContext;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What LC does to training images: makes them hard to tell by what they show, then stamps the
 * corners.
 *
 * @param surrogate network that is to fail, on the images' device
 * @param data what the images are
 * @param label that all images have
 * @param attack on the surrogate
 * @param corners stamped afterwards
 */
record AdversarialTrigger(
    Network surrogate, DatasetSpec data, long label, Pgd attack, CornerTrigger corners)
    implements Trigger {

  private static final int PORTION = 128;

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    ComputeDevice device = surrogate.device();
    return Portions.map(
        images,
        PORTION,
        portion -> {
          Tensor unit = device.place(portion).to(ScalarType.Float).div(new Scalar(255.0));
          Tensor levels = attack.run(unit, unit, this::loss).mul(new Scalar(255.0));
          Tensor stored = corners.truncated() ? EightBit.truncate(levels) : EightBit.round(levels);
          Tensor stamped = corners.stamp(stored, new long[(int) portion.size(0)]);
          return ComputeDevice.of(images).place(stamped);
        });
  }

  private Tensor loss(Tensor unit) {
    return loss(surrogate, data, unit, labels(unit));
  }

  private Tensor labels(Tensor unit) {
    Tensor labels = torch.full(new long[] {unit.size(0)}, new Scalar(label));
    return ComputeDevice.of(unit).place(labels);
  }

  /** Cross entropy of all images, by the network in evaluation mode. */
  static Tensor loss(Network network, DatasetSpec data, Tensor unit, Tensor labels) {
    Tensor logits = network.logits(data.normalization().fromUnit(unit));
    return StepContext.crossEntropyPerSample(logits, labels).sum();
  }

  /** Random images of a ball around others, inside [0, 1]. */
  static Tensor start(Tensor unit, double epsilon, org.bytedeco.pytorch.GeneratorOptional draws) {
    Tensor noise = Tensors.uniform(draws, -epsilon, epsilon, unit.shape());
    return Pgd.unit(unit.add(ComputeDevice.of(unit).place(noise)));
  }
}
