package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Initializer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Makes TrojanNN's pattern: the part of an image inside a mask that excites chosen neurons of a
 * clean network most.
 *
 * @param network clean, in evaluation mode
 * @param normalization of the network's inputs
 * @param options of the attack
 */
record NeuronPattern(Network network, Normalization normalization, TrojanNn.Options options) {

  /** The loss below which the neurons count as excited. */
  private static final double ENOUGH = 1e-3;

  /** Classes of the untrained layer that the benchmark chooses its neurons by. */
  private static final int BENCHMARK_CLASSES = 1000;

  private static final double LEVELS = 255;

  /** Keeps sums of steps such as 1 − 0.1 − 0.1 from losing a level to rounding. */
  private static final double HAIR = 1e-3;

  /**
   * The pattern for a mask.
   *
   * @param mask unsigned 8-bit 1×C×H×W; where it is black, the pattern is too
   * @param seed of the untrained layer
   * @return unsigned 8-bit 1×C×H×W on the network's device
   */
  Tensor of(Tensor mask, Seed seed) {
    return TensorScope.scoped(
        () -> {
          Tensor start = network.device().place(mask).to(ScalarType.Float).div(new Scalar(LEVELS));
          Tensor keep = start.gt(new Scalar(0.0)).to(ScalarType.Float);
          Tensor neurons = neurons(seed);
          Pgd descent = new Pgd(options.epsilon(), options.step(), options.iterations(), false);
          Tensor excited = descent.run(start, start, ENOUGH, z -> distance(z.mul(keep), neurons));
          return levels(excited);
        });
  }

  /** Grey levels of values in [0, 1], fractions dropped. */
  static Tensor levels(Tensor unit) {
    return EightBit.truncate(unit.mul(new Scalar(LEVELS)).add(new Scalar(HAIR)));
  }

  /** Squared distance of the neurons from the wanted activation, summed. */
  private Tensor distance(Tensor unit, Tensor neurons) {
    Tensor input = options.benchmark() ? unit : normalization.fromUnit(unit);
    Recorder recorder = new Recorder(network.features().penultimate());
    network.forward(input, recorder.taps());
    Tensor activations =
        recorder.get(network.features().penultimate()).flatten(1, -1).index_select(1, neurons);
    return activations.sub(new Scalar(options.targetActivation())).square().sum();
  }

  /**
   * The features with the largest sums of absolute weights to the next layer.
   *
   * @param seed of that layer's weights under 'backdoorbench', where they are untrained
   * @return 64-bit indices
   */
  Tensor neurons(Seed seed) {
    String name = network.features().classifier() + ".weight";
    Tensor trained = Objects.requireNonNull(network.parameters().get(name), name).detach();
    int features = Math.toIntExact(trained.size(1));
    require(
        options.neurons() <= features,
        "neurons %d are more than the %d that the last layer of the network looks at",
        options.neurons(),
        features);
    return mostConnected(options.benchmark() ? untrained(features, seed) : trained);
  }

  private Tensor untrained(int features, Seed seed) {
    Tensor weights =
        Initializer.fanIn(features)
            .draw(Tensors.generator(seed), new long[] {BENCHMARK_CLASSES, features});
    return ComputeDevice.of(network.parameters().values().iterator().next()).place(weights);
  }

  private Tensor mostConnected(Tensor weights) {
    Tensor strength = weights.abs().transpose(0, 1).flatten(1, -1).sum(1L);
    return strength.argsort(0L, true).narrow(0, 0, options.neurons());
  }
}
