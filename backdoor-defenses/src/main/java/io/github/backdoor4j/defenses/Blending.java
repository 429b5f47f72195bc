package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Adds clean images to inputs and measures the entropy of what the model then predicts.
 *
 * @param network the model
 * @param normalization of its inputs
 * @param clean images to add, unsigned 8-bit M×C×H×W
 * @param options number and weight of the added images, and whom to follow
 * @param inference batches of images; a batch of blends is as large as one of these
 */
record Blending(
    Network network,
    Normalization normalization,
    Tensor clean,
    Strip.Options options,
    Inference inference) {

  /** The benchmark draws one set of added images for so many inputs. */
  private static final int BENCHMARK_BATCH = 128;

  /** Keeps the logarithm finite in the benchmark's entropy. */
  private static final double BENCHMARK_FLOOR = 1e-8;

  /** Blending with the images of the clean holdout. */
  static Blending of(DefenseContext context, Tensor clean, Strip.Options options) {
    return new Blending(
        context.suspect(),
        context.spec().normalization(),
        context.device().place(clean),
        options,
        context.inference());
  }

  /** Number of images added to each input: the benchmark draws without replacement. */
  int perInput() {
    return options.fidelity() == Fidelity.PAPER
        ? options.samples()
        : (int) Math.min(options.samples(), clean.size(0));
  }

  /**
   * Draws the images to add to inputs that are not among the clean ones.
   *
   * @return inputs × {@link #perInput} rows of the clean images
   */
  Tensor draw(long inputs, Seed seed) {
    return options.fidelity() == Fidelity.PAPER
        ? Tensors.integers(Tensors.generator(seed), 0, clean.size(0), inputs, perInput())
        : drawPerBatch((int) inputs, seed);
  }

  /**
   * Draws the images to add to some of the clean images themselves. The paper's are never added to
   * themselves; the benchmark's may be.
   *
   * @param rows which clean images
   */
  Tensor drawFor(long[] rows, Seed seed) {
    long others = clean.size(0) - 1;
    if (options.fidelity() == Fidelity.BACKDOORBENCH || others == 0) {
      return draw(rows.length, seed);
    }
    Tensor drawn = Tensors.integers(Tensors.generator(seed), 0, others, rows.length, perInput());
    Tensor self = Tensors.ofLongs(rows, rows.length, 1);
    return drawn.add(drawn.ge(self).to(ScalarType.Long)); // steps over the image itself
  }

  private Tensor drawPerBatch(int inputs, Seed seed) {
    long[] rows = new long[Math.multiplyExact(inputs, perInput())];
    for (int input = 0; input < inputs; input += BENCHMARK_BATCH) {
      long[] drawn = Tensors.permutation((int) clean.size(0), seed.child("batch", input));
      for (int i = input; i < Math.min(inputs, input + BENCHMARK_BATCH); i++) {
        System.arraycopy(drawn, 0, rows, i * perInput(), perInput());
      }
    }
    return Tensors.ofLongs(rows, inputs, perInput());
  }

  /**
   * Mean entropy per input over its blends.
   *
   * @param inputs unsigned 8-bit N×C×H×W
   * @param drawn N×{@link #perInput} rows of the clean images
   */
  double[] entropies(Tensor inputs, Tensor drawn) {
    if (inputs.size(0) == 0) {
      return new double[0];
    }
    int inputsPerBatch = Math.max(1, inference.batchSize() / perInput());
    Tensor means =
        new Inference(inference.device(), inference.precision(), inputsPerBatch)
            .map(inputs, normalization, new Blends(drawn), network);
    return Tensors.toDoubles(means);
  }

  /** Blends one batch after the other, in order. */
  private final class Blends implements Function<Tensor, Tensor> {

    private final Tensor drawn;
    private long done;

    Blends(Tensor drawn) {
      this.drawn = drawn;
    }

    @Override
    public Tensor apply(Tensor batch) {
      long inputs = batch.size(0);
      Tensor rows = drawn.narrow(0, done, inputs).flatten();
      done += inputs;
      Tensor added = added(clean.index_select(0, inference.device().place(rows)));
      long[] shape = added.shape();
      Tensor blends =
          added
              .view(inputs, perInput(), shape[1], shape[2], shape[3])
              .add_(batch.unsqueeze(1))
              .view(shape);
      Tensor logits =
          inference.precision().forward(inference.device(), () -> network.forward(blends));
      return entropy(logits, options.fidelity()).view(inputs, perInput()).mean(1);
    }
  }

  /** What is added to a normalised input: a clean image, weighted. */
  Tensor added(Tensor images) {
    Tensor normalized = normalization.normalize(images);
    if (options.fidelity() == Fidelity.PAPER) {
      // the sum is taken before normalisation, which then shifts it once, not twice
      Tensor black = inference.device().place(torch.zeros(1, images.size(1), 1, 1));
      normalized = normalized.sub(normalization.fromUnit(black));
    }
    return normalized.mul_(Tensors.scalar(options.alpha()));
  }

  /**
   * Entropy of the predicted class.
   *
   * @param logits B×K
   * @return B doubles: in bits (paper), or in nats of the probabilities plus 1e-8 (benchmark)
   */
  static Tensor entropy(Tensor logits, Fidelity fidelity) {
    return TensorScope.scoped(
        () -> {
          Tensor wide = logits.to(ScalarType.Double);
          if (fidelity == Fidelity.PAPER) {
            Tensor log = wide.log_softmax(1);
            return log.exp().mul(log).sum(1).div(Tensors.scalar(-Math.log(2)));
          }
          Tensor p = wide.softmax(1).add(Tensors.scalar(BENCHMARK_FLOOR));
          return p.mul(p.log()).sum(1).neg();
        });
  }
}
