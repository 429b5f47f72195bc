package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.train.StepContext;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The losses of Shared Adversarial Unlearning on one batch of B images.
 *
 * @param labels true labels, N
 * @param own labels that the model under repair gives to the clean images, N
 * @param original labels that its backdoored original gives to the clean images, N
 */
record SharedExamples(Tensor labels, Tensor own, Tensor original) {

  private static final double LEAST_PROBABILITY = 1e-8;
  private static final double SMALL = 1e-6;
  private static final double CAP = 1e-3;

  /**
   * What the search makes small: it fools each model on images where it does not yet, and lets both
   * agree on images that are not yet shared, that is given the same new label by both.
   *
   * @param mine logits of the model under repair on perturbed images, N×K
   * @param theirs logits of the original on the same, N×K
   * @param fooling weight of the first term, β₁
   * @param agreement weight of the second term, β₂
   * @return empty if all images are shared
   */
  Optional<Tensor> searchLoss(Tensor mine, Tensor theirs, double fooling, double agreement) {
    Tensor myLabels = AdversarialTuning.labels(mine);
    Tensor theirLabels = AdversarialTuning.labels(theirs);
    Tensor iStand = myLabels.eq(own);
    Tensor theyStand = theirLabels.eq(original);
    Tensor apart = iStand.logical_or(theyStand).logical_or(myLabels.ne(theirLabels));
    if (!apart.any().item_bool()) {
      return Optional.empty();
    }
    Scalar images = new Scalar((double) labels.size(0));
    Tensor entropy =
        masked(StepContext.crossEntropyPerSample(mine, labels), iStand)
            .add(masked(StepContext.crossEntropyPerSample(theirs, labels), theyStand));
    Tensor divergence = masked(divergence(mine, theirs), apart);
    return Optional.of(
        entropy.mul(new Scalar(-fooling / 2)).add(divergence, new Scalar(agreement)).div(images));
  }

  private static Tensor masked(Tensor perImage, Tensor mask) {
    return perImage.mul(mask.to(ScalarType.Float)).sum();
  }

  /** Images whose label by the original is neither the true one nor that of the clean image. */
  Tensor fooled(Tensor theirLabels) {
    return theirLabels.ne(labels).logical_and(theirLabels.ne(original));
  }

  /**
   * Takes the original's labels of fooled images away from the model; 0 without fooled images.
   *
   * @param mine logits of the model under repair on perturbed images, N×K
   * @param theirLabels labels of the original on the same, N
   */
  Tensor unlearningLoss(Tensor mine, Tensor theirLabels) {
    Tensor probability = torch.softmax(mine, 1L).gather(1, theirLabels.unsqueeze(1)).squeeze(1);
    Tensor others = probability.neg().add(new Scalar(1.0)).clamp_max(new Scalar(1 - CAP));
    Tensor capped = probability.clamp_min(new Scalar(CAP));
    Tensor first = others.add(new Scalar(SMALL)).log();
    Tensor second = capped.neg().add(new Scalar(1 + SMALL)).log();
    return masked(first.add(second), fooled(theirLabels)).div(new Scalar(-2.0 * labels.size(0)));
  }

  /**
   * Jensen–Shannon divergence per row, with natural logarithms; at most ln 2. Probabilities below
   * 1e-8 count as that.
   *
   * @param one logits N×K
   * @param other logits N×K
   * @return N
   */
  static Tensor divergence(Tensor one, Tensor other) {
    Tensor p = torch.softmax(one, 1L).clamp_min(new Scalar(LEAST_PROBABILITY));
    Tensor q = torch.softmax(other, 1L).clamp_min(new Scalar(LEAST_PROBABILITY));
    Tensor middle = p.add(q).mul(new Scalar(0.5)).log();
    Tensor first = p.mul(p.log().sub(middle)).sum(1L);
    Tensor second = q.mul(q.log().sub(middle)).sum(1L);
    return first.add(second).mul(new Scalar(0.5));
  }
}
