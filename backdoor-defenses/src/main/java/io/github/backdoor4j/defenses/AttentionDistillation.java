package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.StepContext;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * A student learns labels and its teacher's attention: cross entropy + Σ β·MSE of the attention
 * maps at some taps, each network in one pass. The attention part is metered as {@code
 * attention_loss}.
 */
final class AttentionDistillation implements BatchStep {

  /**
   * Where attention is compared.
   *
   * @param tap of feature maps, tokens or plain features
   * @param weight β
   */
  record Place(String tap, double weight) {}

  private final Network student;
  private final Network teacher;
  private final List<Place> places;
  private final AttentionMap attention;
  private final List<String> voidTaps = new ArrayList<>();

  /**
   * @param teacher in evaluation mode; stays as it is
   */
  AttentionDistillation(
      Network student, Network teacher, List<Place> places, AttentionMap attention) {
    this.student = student;
    this.teacher = teacher;
    this.places = List.copyOf(places);
    this.attention = attention;
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    String[] taps = places.stream().map(Place::tap).toArray(String[]::new);
    Recorder taught = new Recorder(taps);
    Tensors.withoutGradients(() -> context.forward(teacher, batch.images(), taught.taps()));
    Recorder learned = new Recorder(taps);
    Tensor logits = context.forward(student, batch.images(), learned.taps());
    Tensor labelLoss = context.crossEntropy(logits, batch.labels());
    Tensor attentionLoss = attentionLoss(learned, taught);
    context.observe("attention_loss", attentionLoss, 1);
    return labelLoss.add(attentionLoss);
  }

  private Tensor attentionLoss(Recorder learned, Recorder taught) {
    voidTaps.clear();
    List<Tensor> terms = new ArrayList<>();
    for (Place place : places) {
      Tensor map = attention.of(learned.get(place.tap()));
      Tensor target = attention.of(taught.get(place.tap()));
      terms.add(map.sub(target).square().mean().mul(new Scalar(place.weight())));
      if (map.size(1) == 1) {
        voidTaps.add(place.tap());
      }
    }
    return terms.stream().reduce(Tensor::add).orElseThrow();
  }

  /**
   * Taps whose maps are a single pixel, as the last step saw them: normalised, such a map is 1
   * whatever the image, so that there is nothing to learn from it.
   */
  List<String> voidTaps() {
    return List.copyOf(voidTaps);
  }
}
