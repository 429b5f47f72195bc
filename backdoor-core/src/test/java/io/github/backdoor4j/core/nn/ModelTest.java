package io.github.backdoor4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Layers that only generators use; expected values from PyTorch's functions of the same names. */
class ModelTest {

  /** One layer as a model. */
  private static final class Single extends Model {
    private final transient BiFunction<Pass, Tensor, Tensor> layer;

    Single(java.util.function.Function<Single, BiFunction<Pass, Tensor, Tensor>> declare) {
      layer = declare.apply(this);
    }

    static Single convTranspose() {
      return new Single(m -> m.convTranspose2d("up", 2, 3, 4, 2, 1)::apply);
    }

    static Single dilated() {
      return new Single(m -> m.conv2d(new Layer.Conv2d("conv", 2, 3, 3, 1, 2, 2, 1, false))::apply);
    }

    static Single instanceNorm(boolean affine) {
      return new Single(m -> m.instanceNorm2d("norm", 2, affine)::apply);
    }

    @Override
    protected Tensor forward(Pass pass, Tensor x) {
      return layer.apply(pass, x);
    }
  }

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** (0, 1, 2, …) mod modulus − shift. */
  private static Tensor counting(int modulus, int shift, long... shape) {
    long count = 1;
    for (long side : shape) {
      count *= side;
    }
    return torch
        .arange(new Scalar(count))
        .remainder(new Scalar(modulus))
        .sub(new Scalar(shift))
        .to(ScalarType.Float)
        .view(shape);
  }

  private static double sum(Tensor x) {
    return x.detach().to(ScalarType.Double).sum().item_double();
  }

  private static double at(Tensor x, long... index) {
    Tensor place = x.detach();
    for (long i : index) {
      place = place.select(0, i);
    }
    return place.item_double();
  }

  @Test
  void convTranspose2d_matchesPyTorch() {
    Single model = Single.convTranspose();
    model.load(
        Map.of(
            "up.weight", counting(5, 2, 2, 3, 4, 4).div(new Scalar(10.0)),
            "up.bias", Tensors.ofFloats(new float[] {0.1f, -0.2f, 0.3f}, 3)));

    Tensor y = model.apply(counting(7, 3, 2, 2, 3, 3));

    assertThat(y.shape()).containsExactly(2, 3, 6, 6);
    assertThat(sum(y)).isEqualTo(13.6, within(1e-4));
    assertThat(sum(y.mul(y))).isEqualTo(136.98, within(1e-3));
    assertThat(at(y, 1, 2, 5, 4)).isEqualTo(-0.7, within(1e-5));
    assertThat(at(y, 0, 0, 0, 0)).isEqualTo(0.6, within(1e-5));
  }

  @Test
  void conv2d_dilated_matchesPyTorch() {
    Single model = Single.dilated();
    model.load(Map.of("conv.weight", counting(5, 2, 3, 2, 3, 3).div(new Scalar(10.0))));

    Tensor y = model.apply(counting(7, 3, 2, 2, 3, 3));

    assertThat(y.shape()).containsExactly(2, 3, 3, 3);
    assertThat(sum(y)).isEqualTo(-0.6, within(1e-4));
    assertThat(sum(y.mul(y))).isEqualTo(21.06, within(1e-3));
    assertThat(at(y, 1, 2, 2, 1)).isEqualTo(0.7, within(1e-5));
  }

  @Test
  void instanceNorm2d_matchesPyTorchInBothModes() {
    Single model = Single.instanceNorm(true);
    model.load(
        Map.of(
            "norm.weight", Tensors.ofFloats(new float[] {2, 0.5f}, 2),
            "norm.bias", Tensors.ofFloats(new float[] {1, -1}, 2)));

    for (boolean training : new boolean[] {true, false}) {
      model.training(training);
      Tensor y = model.apply(counting(7, 3, 2, 2, 3, 3));

      assertThat(sum(y.mul(y))).isEqualTo(112.4998, within(1e-3));
      assertThat(at(y, 1, 0, 2, 2)).isEqualTo(2.767765, within(1e-5));
      assertThat(at(y, 0, 1, 0, 0)).isEqualTo(-1.248069, within(1e-5));
    }
  }

  @Test
  void instanceNorm2d_withoutScale_hasNoParameters() {
    assertThat(Single.instanceNorm(false).parameters()).isEmpty();
  }

  @Test
  void load_namesEveryDifference() {
    Map<String, Tensor> wrong = new LinkedHashMap<>();
    wrong.put("up.weight", torch.zeros(1, 3, 4, 4));
    wrong.put("down.bias", torch.zeros(3));

    assertThatThrownBy(() -> Single.convTranspose().load(wrong))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("3 differences", "up.weight", "up.bias", "down.bias");
  }

  @Test
  void initialize_turnsOnGradientsOfAllParameters() {
    Single model = Single.convTranspose();

    model.initialize(new Seed(3));

    double bound = 1 / Math.sqrt(3 * 16); // PyTorch counts the outputs of a transposed convolution
    assertThat(model.parameters().values()).allMatch(Tensor::requires_grad);
    assertThat(model.parameters().get("up.weight").detach().abs().max().item_double())
        .isBetween(0.9 * bound, bound);
  }

  @Test
  void joined_namesTensorsByTheirPart() {
    Trainable both =
        Trainables.joined(
            Map.of("first", Single.instanceNorm(true), "second", Single.convTranspose()));

    assertThat(both.parameters().keySet())
        .containsExactlyInAnyOrder(
            "first.norm.weight", "first.norm.bias", "second.up.weight", "second.up.bias");
  }
}
