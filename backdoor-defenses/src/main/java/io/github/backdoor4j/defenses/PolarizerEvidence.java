package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.ChannelMixer;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.TrainingHistory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What a reader of a neural polarizer's result gets to see. */
final class PolarizerEvidence {

  private PolarizerEvidence() {}

  static Evidence of(
      ChannelMixer mixer, int images, TrainingHistory warmUp, TrainingHistory training) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("mixed_channels", (double) mixer.channels());
    numbers.putAll(Tuning.numbers("warm_up", images, warmUp));
    numbers.putAll(Tuning.numbers("training", images, training));
    AdversarialTuning.ends(training, "at_target", numbers);
    List<Figure> figures = new ArrayList<>(Tuning.figures("Training the polarizer", training));
    figures.addAll(
        AdversarialTuning.curves(
            "Adversarial examples that reach the class they aim at",
            "share of images",
            training,
            List.of("at_target")));
    figures.add(change(mixer));
    return new Evidence(numbers, figures, notes(training));
  }

  private static List<String> notes(TrainingHistory training) {
    return training.epochs().isEmpty()
        ? List.of("No epoch was trained, so the inserted layer changes next to nothing.")
        : List.of();
  }

  /** How far each output channel is from being the input channel of the same number. */
  private static Figure change(ChannelMixer mixer) {
    double[] distances;
    try (TensorScope scope = TensorScope.open()) {
      Tensor identity = mixer.device().place(torch.eye(mixer.channels()));
      Tensor change = mixer.mixing().detach().flatten(1, -1).sub(identity);
      distances = Tensors.toDoubles(change.square().sum(1L).sqrt());
    }
    return new Figure.Histogram(
        "How far the mixing of each channel went from the identity",
        "L2 distance of the channel's weights",
        Map.of("channels", Arrays.stream(distances).boxed().toList()),
        Double.NaN);
  }
}
