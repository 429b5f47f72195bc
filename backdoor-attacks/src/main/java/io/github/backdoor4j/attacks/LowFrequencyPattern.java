package io.github.backdoor4j.attacks;

import com.google.common.hash.Hashing;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/** The pattern of one run of the low-frequency attack: from which images, against which model. */
final class LowFrequencyPattern {

  private static final int HELD_OUT_PER_CLASS = 10;

  private LowFrequencyPattern() {}

  /** Finds the pattern in the run's folder, or learns it: 1×C×H×W floats in grey levels. */
  static Tensor of(AttackContext context, LowFrequency.Options options) {
    Network model = context.cleanModel();
    SmoothPatternSearch.Settings settings = options.search();
    Map<String, Object> key =
        Map.of(
            "settings", settings,
            "images", options.images(),
            "seed", context.seed().value(),
            "clean_model", hash(model));
    return LearnedState.get(
        context.kept(
            "low-frequency-pattern",
            key,
            () -> Map.of(SmoothTrigger.PATTERN, learn(context, options.images(), model, settings))),
        SmoothTrigger.PATTERN);
  }

  private static String hash(Network model) {
    String tensors =
        model.state().values().stream().map(Tensors::sha256).collect(Collectors.joining("\n"));
    return Hashing.sha256().hashString(tensors, StandardCharsets.UTF_8).toString();
  }

  private static Tensor learn(
      AttackContext context, int images, Network model, SmoothPatternSearch.Settings settings) {
    ImageDataset data = context.training();
    long[] shuffled = Tensors.permutation(data.size(), context.seed().child("pattern-images"));
    int used = Math.min(images, Math.max(1, data.size() / 2)); // the rest is held out
    return new SmoothPatternSearch(model, data.spec().normalization(), settings)
        .learn(
            data.subset(Arrays.copyOf(shuffled, used)),
            data.subset(heldOut(data, Arrays.copyOfRange(shuffled, used, shuffled.length))),
            context.seed().child("pattern-order"));
  }

  /** The first rows of each class. */
  private static long[] heldOut(ImageDataset data, long[] rows) {
    long[] labels = data.labelValues();
    int[] taken = new int[data.spec().classes()];
    return LongStream.of(rows)
        .filter(row -> taken[(int) labels[(int) row]]++ < HELD_OUT_PER_CLASS)
        .toArray();
  }
}
