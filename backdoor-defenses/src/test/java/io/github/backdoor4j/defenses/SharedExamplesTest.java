package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected numbers were computed with Python's torch 1.13 in double precision. */
class SharedExamplesTest {

  private static final Offset<Double> CLOSE = within(1e-7);

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor logits(double... values) {
    Tensor rows = torch.zeros(values.length / 3, 3).to(ScalarType.Double);
    for (int i = 0; i < values.length; i++) {
      rows.narrow(0, i / 3, 1).narrow(1, i % 3, 1).fill_(new Scalar(values[i]));
    }
    return rows;
  }

  private static SharedExamples examples(long[] labels, long[] own, long[] original) {
    return new SharedExamples(
        Tensors.ofLongs(labels), Tensors.ofLongs(own), Tensors.ofLongs(original));
  }

  @Test
  void divergence_ofMirroredLogits_isThePublishedValue() {
    Tensor divergence = SharedExamples.divergence(logits(2, 1, 0), logits(0, 1, 2));

    assertThat(divergence.shape()).containsExactly(1);
    assertThat(divergence.item_double()).isCloseTo(0.24758807, within(5e-9));
  }

  @Test
  void divergence_liesBetweenNothingAndLnTwo() {
    Tensor divergence =
        SharedExamples.divergence(logits(2, 1, 0, 100, 0, 0), logits(2, 1, 0, 0, 0, 100));

    double[] values = Tensors.toDoubles(divergence);
    assertThat(values[0]).isZero();
    assertThat(values[1]).isCloseTo(0.6931469932846097, CLOSE).isLessThan(Math.log(2));
  }

  /** One image whose label by the original is class 2 at the given probability by the model. */
  @ParameterizedTest
  @CsvSource({
    "0.09003057, 0.09434317, 1e-8", // −ln(1 − pos) would be 0.09434428
    "1e-4, 0.00099950, 1e-8",
    "0.9999, 9.20039004, 1e-7"
  })
  void unlearningLoss_ofOneImage_isThePublishedValue(
      double probability, double expected, double tolerance) {
    double rest = Math.log((1 - probability) / 2);
    Tensor mine = logits(rest, rest, Math.log(probability));
    SharedExamples examples = examples(new long[] {0}, new long[] {0}, new long[] {0});

    double loss = examples.unlearningLoss(mine, Tensors.ofLongs(new long[] {2})).item_double();

    assertThat(loss).isCloseTo(expected, within(tolerance));
  }

  /** The third image's label by the original is that of its clean image and does not count. */
  @Test
  void unlearningLoss_countsImagesThatTheOriginalLabelsAnewAndWrongly() {
    SharedExamples examples =
        examples(new long[] {0, 0, 2}, new long[] {0, 0, 2}, new long[] {0, 0, 1});
    Tensor theirLabels = Tensors.ofLongs(new long[] {2, 1, 1});

    Tensor loss = examples.unlearningLoss(logits(2, 1, 0, 0, 3, 1, 1, 0, 2), theirLabels);

    assertThat(Tensors.toLongs(examples.fooled(theirLabels))).containsExactly(1, 1, 0);
    assertThat(loss.item_double()).isCloseTo(0.6503070360714827, CLOSE);
  }

  @Test
  void unlearningLoss_withoutFooledImages_isZeroWithZeroGradient() {
    SharedExamples examples = examples(new long[] {0, 1}, new long[] {0, 1}, new long[] {0, 2});
    Tensor mine = logits(2, 1, 0, -300, 0, 300).set_requires_grad(true);

    Tensor loss = examples.unlearningLoss(mine, Tensors.ofLongs(new long[] {0, 2}));

    assertThat(loss.item_double()).isZero();
    assertThat(Tensors.toDoubles(Tensors.gradients(loss, false, mine)[0])).containsOnly(0);
  }

  @Test
  void searchLoss_foolsImagesThatStandAndDrawsThoseApartTogether() {
    SharedExamples examples =
        examples(new long[] {0, 0, 0, 1}, new long[] {0, 0, 0, 1}, new long[] {0, 0, 0, 1});
    Tensor mine = logits(2, 1, 0, 0, 3, 1, 1, 0, 2, 0, 2, 1);
    Tensor theirs = logits(1, 2, 0, 0, 3, 1, 2, 0, 1, 0, 1, 2);

    Optional<Tensor> fooling = examples.searchLoss(mine, theirs, 1, 0);
    Optional<Tensor> agreement = examples.searchLoss(mine, theirs, 0, 1);
    Optional<Tensor> both = examples.searchLoss(mine, theirs, 0.01, 1);

    assertThat(fooling.orElseThrow().item_double()).isCloseTo(-0.15285223666664266, CLOSE);
    assertThat(agreement.orElseThrow().item_double()).isCloseTo(0.07571678498194938, CLOSE);
    assertThat(both.orElseThrow().item_double()).isCloseTo(0.07418826261528295, CLOSE);
  }

  @Test
  void searchLoss_ofSharedImagesOnly_asksForNoStep() {
    SharedExamples examples = examples(new long[] {0}, new long[] {0}, new long[] {2});
    Tensor one = logits(0, 3, 1);

    assertThat(examples.searchLoss(one, logits(1, 2, 0), 0.01, 1)).isEmpty();
    assertThat(examples.searchLoss(one, logits(1, 0, 2), 0.01, 1)).isPresent();
    assertThat(examples.searchLoss(one, logits(2, 1, 0), 0.01, 1)).isPresent();
  }

  @Test
  void searchLoss_leavesSharedImagesWithoutGradient() {
    SharedExamples examples = examples(new long[] {0, 0}, new long[] {0, 0}, new long[] {0, 0});
    Tensor mine = logits(0, 3, 1, 2, 1, 0).set_requires_grad(true);

    Tensor loss = examples.searchLoss(mine, logits(0, 1, 0.5, 0, 2, 1), 0.01, 1).orElseThrow();

    double[] gradient = Tensors.toDoubles(Tensors.gradients(loss, false, mine)[0]);
    assertThat(gradient).startsWith(0, 0, 0);
    assertThat(gradient[3]).isNotZero();
  }
}
