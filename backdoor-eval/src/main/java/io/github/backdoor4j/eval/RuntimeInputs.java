package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Inputs as a detector meets them at run time: clean and triggered test images, mixed. No image
 * appears in both forms.
 *
 * @param images unsigned 8-bit N×C×H×W
 * @param triggered truth, image by image
 */
record RuntimeInputs(Tensor images, boolean[] triggered) {

  /**
   * Draws inputs.
   *
   * @param count of clean and of triggered images, as far as there are so many
   * @param withTriggered false for a control, which sees clean inputs only
   */
  static RuntimeInputs draw(
      ImageDataset test, TriggeredSet set, int count, boolean withTriggered, Seed seed) {
    long[] bad =
        withTriggered
            ? first(Tensors.permutation(set.size(), seed.child("triggered")), count)
            : new long[0];
    Set<Long> used = new HashSet<>();
    Arrays.stream(bad).forEach(position -> used.add(set.rows()[(int) position]));
    long[] good =
        first(
            Arrays.stream(Tensors.permutation(test.size(), seed.child("clean")))
                .filter(row -> !used.contains(row))
                .toArray(),
            count);
    Tensor both =
        torch.cat(
            new TensorVector(Tensors.rows(test.images(), good), Tensors.rows(set.images(), bad)),
            0);
    long[] order = Tensors.permutation(good.length + bad.length, seed.child("order"));
    boolean[] truth = new boolean[order.length];
    for (int i = 0; i < order.length; i++) {
      truth[i] = order[i] >= good.length;
    }
    return new RuntimeInputs(Tensors.rows(both, order), truth);
  }

  private static long[] first(long[] values, int count) {
    return LongStream.of(values).limit(count).toArray();
  }
}
