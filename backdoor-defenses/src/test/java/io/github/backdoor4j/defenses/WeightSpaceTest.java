package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WeightSpaceTest {

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** Two parameters of different shapes. */
  private static Map<String, Tensor> point(float a, float b, float c) {
    Map<String, Tensor> point = new LinkedHashMap<>();
    point.put("matrix", Tensors.ofFloats(new float[] {a, b}, 1, 2));
    point.put("bias", Tensors.ofFloats(new float[] {c}));
    return point;
  }

  private static float[] values(Map<String, Tensor> point) {
    float[] matrix = Tensors.toFloats(point.get("matrix"));
    return new float[] {matrix[0], matrix[1], Tensors.toFloats(point.get("bias"))[0]};
  }

  @Test
  void mix_isTheWeightedSum() {
    Map<String, Tensor> mix =
        WeightSpace.mix(new double[] {0.5, -2}, List.of(point(1, 2, 3), point(10, 0, -1)));

    assertThat(values(mix)).containsExactly(-19.5f, 1, 3.5f);
  }

  @Test
  void norm_isOverAllValues() {
    assertThat(WeightSpace.norm(point(2, 3, 6)).item_double()).isCloseTo(7, within(1e-6));
    assertThat(WeightSpace.distance(point(3, 5, 6), point(1, 2, 0))).isCloseTo(7, within(1e-6));
  }

  @Test
  void leaves_shareNothingWithTheirSource() {
    Map<String, Tensor> source = point(1, 2, 3);

    Map<String, Tensor> leaves = WeightSpace.leaves(source);
    source.values().forEach(Tensor::zero_);

    assertThat(values(leaves)).containsExactly(1, 2, 3);
    assertThat(leaves.values()).allMatch(Tensor::requires_grad);
  }

  @Test
  void gradients_areNamedLikeWhatTheyAreOf() {
    Map<String, Tensor> point = WeightSpace.leaves(point(1, 2, 3));

    Tensor scalar = WeightSpace.product(point, WeightSpace.detached(point(4, 5, 6)));

    assertThat(values(WeightSpace.gradients(scalar, point))).containsExactly(4, 5, 6);
  }

  @Test
  void withGradient_hasTheGivenValueAndExactlyTheGivenGradient() {
    Map<String, Tensor> point = WeightSpace.leaves(point(1, 2, 3));
    Map<String, Tensor> direction = point(0.1f, -1e-30f, 1e30f);

    Tensor loss =
        WeightSpace.withGradient(Tensors.ofFloats(new float[] {4.25f}).sum(), point, direction);

    assertThat(loss.item_double()).isEqualTo(4.25);
    assertThat(values(WeightSpace.gradients(loss, point))).containsExactly(0.1f, -1e-30f, 1e30f);
  }
}
