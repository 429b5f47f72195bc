package io.github.backdoor4j.examples;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.testkit.TinyImages;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a training step needs before the network sees a batch, as a whole and in parts. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class BatchBenchmark {

  private static final Seed SEED = new Seed(0);
  private static final int IMAGES = 10_000;

  /** Channels, side and images per batch. */
  @Param({"3x32 b128", "1x28 b64"})
  private String shape;

  private TensorScope scope;
  private ImageDataset data;
  private BatchStream stream;
  private int position;
  private long[] rows;
  private Tensor raw;

  /** Random images, since their content does not matter. */
  @Setup
  public void draw() {
    Engine.threads(1); // so that figures of a busy machine can be compared
    scope = TensorScope.open();
    String[] parts = shape.split("x| b", -1);
    int side = Integer.parseInt(parts[1]);
    int batch = Integer.parseInt(parts[2]);
    data = RandomImages.of(Integer.parseInt(parts[0]), side, IMAGES);
    stream = new BatchStream(data, batch, new Augmentation(4, true), true, SEED);
    rows = Arrays.copyOf(Tensors.permutation(IMAGES, SEED), batch);
    raw = Tensors.rows(data.images(), rows);
  }

  /** Frees the images. */
  @TearDown
  public void free() {
    scope.close();
  }

  /** Shuffled rows, crop with padding 4, flip, normalisation; a new order after each epoch. */
  @Benchmark
  public long batch() {
    try (TensorScope step = TensorScope.open()) {
      int now = position++;
      return stream.batch(now / stream.steps(), now % stream.steps()).size();
    }
  }

  /** The rows alone. */
  @Benchmark
  public long gather() {
    try (TensorScope step = TensorScope.open()) {
      return Tensors.rows(data.images(), rows).size(0);
    }
  }

  /** From 8 bits to normalised floats alone. */
  @Benchmark
  public long normalize() {
    try (TensorScope step = TensorScope.open()) {
      return data.spec().normalization().normalize(raw).size(0);
    }
  }

  /** Images without meaning. */
  static final class RandomImages {

    private RandomImages() {}

    static ImageDataset of(int channels, int side, int count) {
      DatasetSpec spec = TinyImages.spec(new ImageShape(channels, side, side), 10);
      Tensor pixels =
          Tensors.integers(Tensors.generator(SEED), 0, 256, count, channels, side, side)
              .to(ScalarType.Byte);
      return new ImageDataset(
          spec, pixels, Tensors.integers(Tensors.generator(SEED), 0, 10, count));
    }
  }
}
