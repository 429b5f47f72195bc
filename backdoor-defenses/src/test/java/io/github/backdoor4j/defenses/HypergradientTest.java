package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.defenses.Hypergradient.Curvature;
import io.github.backdoor4j.defenses.Hypergradient.Solver;
import io.github.backdoor4j.testkit.OneThread;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(OneThread.class)
class HypergradientTest {

  private static final double RATE = 0.1;

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static void unheard(double passes) {}

  private static Tensor number(double value) {
    return torch.zeros(1).to(ScalarType.Double).fill_(new Scalar(value));
  }

  private static Tensor scaled(Tensor x, double by) {
    return x.mul(new Scalar(by));
  }

  /** L_in = 1.5 δ² − θ δ, L_out = δ² + θ², δ = 1, θ = 2. */
  private static double scalarToy(Solver solver, Curvature curvature, int iterations) {
    Tensor theta = number(2).set_requires_grad(true);
    Tensor loss =
        new Hypergradient(solver, curvature, iterations, RATE)
            .loss(
                number(1),
                d -> scaled(d.square(), 1.5).sub(theta.mul(d)).sum(),
                d -> d.square().add(theta.square()).sum(),
                HypergradientTest::unheard);
    assertThat(loss.item_double()).isEqualTo(5); // the correction changes the gradient only
    return Tensors.gradients(loss, false, theta)[0].item_double();
  }

  /** v = 2, 3.4, 4.38, 5.066, 5.5462 gives 4 + 0.1 v. */
  @ParameterizedTest
  @CsvSource({"0, 4", "1, 4.2", "2, 4.34", "3, 4.438", "4, 4.5066", "5, 4.55462"})
  void scalarToy_afterKIterations_isThePublishedValue(int iterations, double expected) {
    assertThat(scalarToy(Solver.FIXED_POINT, Curvature.AUTOGRAD, iterations))
        .isCloseTo(expected, within(1e-12));
    assertThat(scalarToy(Solver.FIXED_POINT, Curvature.FINITE_DIFFERENCES, iterations))
        .isCloseTo(expected, within(1e-9));
  }

  /** −∂²L_in/∂θ∂δ / ∂²L_in/∂δ² · 2δ = 2/3. */
  @Test
  void scalarToy_inTheLimit_isTheImplicitGradient() {
    assertThat(scalarToy(Solver.FIXED_POINT, Curvature.AUTOGRAD, 200))
        .isCloseTo(4 + 2.0 / 3, within(1e-9));
    assertThat(scalarToy(Solver.CONJUGATE_GRADIENT, Curvature.AUTOGRAD, 1))
        .isCloseTo(4 + 2.0 / 3, within(1e-12));
  }

  /** An inner problem whose minimiser is known in no closed form: Σ cosh(δ − tanh(Bθ)) + ½ δᵀAδ. */
  private static final class Bilevel {

    private final Tensor a = matrix(4, 4, 5);
    private final Tensor b = matrix(4, 3, 6);
    private final Tensor definite =
        a.matmul(a.t()).add(torch.eye(4).to(ScalarType.Double), new Scalar(0.5));

    private static Tensor matrix(long rows, long columns, long seed) {
      return Tensors.uniform(Tensors.generator(new Seed(seed)), -1, 1, rows, columns)
          .to(ScalarType.Double);
    }

    Tensor inner(Tensor d, Tensor theta) {
      Tensor centre = b.matmul(theta).tanh();
      return d.sub(centre).cosh().sum().add(scaled(d.matmul(definite).dot(d), 0.5));
    }

    Tensor outer(Tensor d, Tensor theta) {
      return d.sin().sum().add(d.narrow(0, 0, 3).mul(theta).sum()).add(theta.square().sum());
    }

    /** δ*(θ) by Newton steps. */
    Tensor minimiser(Tensor theta) {
      Tensor d = torch.zeros(4).to(ScalarType.Double);
      for (int step = 0; step < 30; step++) {
        Tensor moving = d.detach().set_requires_grad(true);
        Tensor gradient = Tensors.gradients(inner(moving, theta), false, moving)[0];
        Tensor hessian = definite.add(torch.diag(d.sub(b.matmul(theta).tanh()).cosh()));
        d = d.sub(torch.inverse(hessian).matmul(gradient));
      }
      return d.detach();
    }

    double value(Tensor theta) {
      return outer(minimiser(theta), theta).item_double();
    }
  }

  private static Tensor theta() {
    return Tensors.ofFloats(new float[] {0.3f, -0.7f, 0.5f}).to(ScalarType.Double);
  }

  @ParameterizedTest
  @CsvSource({
    "FIXED_POINT, AUTOGRAD, 400, 1e-7",
    "CONJUGATE_GRADIENT, AUTOGRAD, 8, 1e-7",
    "FIXED_POINT, FINITE_DIFFERENCES, 400, 1e-4",
    "CONJUGATE_GRADIENT, FINITE_DIFFERENCES, 8, 1e-4"
  })
  void hypergradient_isTheSlopeOfTheWholeTwoLevelProblem(
      Solver solver, Curvature curvature, int iterations, double tolerance) {
    Bilevel problem = new Bilevel();
    Tensor theta = theta().set_requires_grad(true);

    Tensor loss =
        new Hypergradient(solver, curvature, iterations, RATE)
            .loss(
                problem.minimiser(theta()),
                d -> problem.inner(d, theta),
                d -> problem.outer(d, theta),
                HypergradientTest::unheard);

    double[] gradient = Tensors.toDoubles(Tensors.gradients(loss, false, theta)[0]);
    double[] constant =
        Tensors.toDoubles(
            Tensors.gradients(problem.outer(problem.minimiser(theta()), theta), false, theta)[0]);
    for (int i = 0; i < 3; i++) {
      double h = 1e-5;
      double slope = (problem.value(moved(i, h)) - problem.value(moved(i, -h))) / (2 * h);
      assertThat(gradient[i]).as("θ %d", i).isCloseTo(slope, within(tolerance));
      assertThat(Math.abs(constant[i] - slope)).as("with δ a constant").isGreaterThan(1e-2);
    }
  }

  private static Tensor moved(int at, double by) {
    Tensor theta = theta();
    theta.narrow(0, at, 1).add_(new Scalar(by));
    return theta;
  }

  /** A network without kinks. */
  private static final class Smooth extends Network {

    private static final NetworkSpec SPEC = new NetworkSpec(new ImageShape(2, 6, 6), 3);
    private final Layer first = conv2d("first", 2, 4, 3, 1, 1, true);
    private final Layer norm = batchNorm2d("norm", 4);
    private final Layer second = conv2d("second", 4, 5, 3, 2, 1, true);
    private final Layer linear = linear("linear", 5, 3);

    Smooth() {
      super(SPEC);
    }

    static Network inDouble() {
      Network network = new Smooth().initialize(new Seed(2));
      network.forEachTensor(tensor -> tensor.set_data(tensor.detach().to(ScalarType.Double)));
      return network;
    }

    @Override
    protected Tensor forward(Pass pass, Tensor x) {
      Tensor h = norm.apply(pass, first.apply(pass, x)).tanh();
      return linear.apply(pass, second.apply(pass, h).tanh().mean(2, 3));
    }

    @Override
    protected Network blank() {
      return new Smooth();
    }

    @Override
    public FeatureLayout features() {
      return new FeatureLayout("second", "second", "linear");
    }
  }

  private static Tensor images(long seed) {
    return Tensors.uniform(Tensors.generator(new Seed(seed)), -1, 1, 6, 2, 6, 6)
        .to(ScalarType.Double);
  }

  private static final Tensor[] NONE = {};

  private static Tensor[] onSmoothNetwork(Hypergradient hypergradient) {
    Network network = Smooth.inDouble();
    Tensor delta = scaled(images(9).narrow(0, 0, 1), 0.3);
    Tensor labels = Tensors.ofLongs(new long[] {0, 1, 2, 2, 1, 0});
    UnaryOperator<Tensor> inner =
        d ->
            torch
                .cross_entropy_loss(network.forward(images(7).add(d)), labels)
                .neg()
                .add(d.square().sum(), new Scalar(1e-3));
    UnaryOperator<Tensor> outer =
        d -> torch.cross_entropy_loss(network.forward(images(8).add(d)), labels);
    Tensor loss = hypergradient.loss(delta, inner, outer, HypergradientTest::unheard);
    return Tensors.gradients(loss, false, network.parameters().values().toArray(NONE));
  }

  /** Rates of 5 make second derivatives matter in a network of small weights. */
  @ParameterizedTest
  @EnumSource(Solver.class)
  void differencesOfGradients_agreeWithSecondOrderDifferentiation(Solver solver) {
    Tensor[] exact = onSmoothNetwork(new Hypergradient(solver, Curvature.AUTOGRAD, 5, 5));
    Tensor[] differences =
        onSmoothNetwork(new Hypergradient(solver, Curvature.FINITE_DIFFERENCES, 5, 5));
    Tensor[] plain = onSmoothNetwork(new Hypergradient(solver, Curvature.AUTOGRAD, 0, 5));

    double error = 0;
    double size = 0;
    double correction = 0;
    for (int i = 0; i < exact.length; i++) {
      error += exact[i].sub(differences[i]).square().sum().item_double();
      size += exact[i].square().sum().item_double();
      correction += exact[i].sub(plain[i]).square().sum().item_double();
    }
    assertThat(Math.sqrt(error / size)).isLessThan(1e-4);
    assertThat(Math.sqrt(error / correction)).isLessThan(1e-4);
    assertThat(Math.sqrt(correction / size)).isGreaterThan(0.005);
  }

  @Test
  void outerLossThatIgnoresThePerturbation_isLeftAlone() {
    Tensor theta = number(2).set_requires_grad(true);
    int[] asked = {0};

    Tensor loss =
        new Hypergradient(Solver.FIXED_POINT, Curvature.AUTOGRAD, 5, RATE)
            .loss(
                number(1),
                d -> {
                  asked[0]++;
                  return d.mul(theta).sum();
                },
                d -> theta.square().sum(),
                HypergradientTest::unheard);

    assertThat(Tensors.gradients(loss, false, theta)[0].item_double()).isEqualTo(4);
    assertThat(asked[0]).isZero();
  }

  /** What is asked of the inner loss; graphs of graphs take one pass and more time. */
  @ParameterizedTest
  @CsvSource({
    "FIXED_POINT, AUTOGRAD, 5, 1, 9",
    "CONJUGATE_GRADIENT, AUTOGRAD, 2, 1, 10.5",
    "FIXED_POINT, FINITE_DIFFERENCES, 5, 10, 10",
    "CONJUGATE_GRADIENT, FINITE_DIFFERENCES, 2, 12, 12",
    "FIXED_POINT, FINITE_DIFFERENCES, 0, 0, 0"
  })
  void passes_areThoseOfTheInnerLossOrCostAsMuch(
      Solver solver, Curvature curvature, int iterations, int evaluations, double passes) {
    Bilevel problem = new Bilevel();
    Tensor theta = theta().set_requires_grad(true);
    Hypergradient hypergradient = new Hypergradient(solver, curvature, iterations, RATE);
    int[] asked = {0};
    double[] unseen = {0};

    hypergradient.loss(
        problem.minimiser(theta()),
        d -> {
          asked[0]++;
          return problem.inner(d, theta);
        },
        d -> problem.outer(d, theta),
        more -> unseen[0] += more);

    assertThat(asked[0]).isEqualTo(evaluations);
    assertThat(asked[0] + unseen[0]).isEqualTo(passes);
    assertThat(hypergradient.passes()).isEqualTo(passes);
  }
}
