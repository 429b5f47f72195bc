package io.github.backdoor4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.junit.jupiter.api.Test;

class InitializerTest {

  private static final int COUNT = 20_000;

  @Test
  void normal_hasTheNormalDistribution() {
    double[] drawn = draw(Initializer.normal(0.3));

    assertThat(
            new KolmogorovSmirnovTest()
                .kolmogorovSmirnovTest(new NormalDistribution(0, 0.3), drawn))
        .as("p value")
        .isGreaterThan(0.01);
  }

  @Test
  void truncatedNormal_ofASmallDeviation_isNormal() {
    double[] drawn = draw(Initializer.truncatedNormal(0.02));

    assertThat(
            new KolmogorovSmirnovTest()
                .kolmogorovSmirnovTest(new NormalDistribution(0, 0.02), drawn))
        .as("p value")
        .isGreaterThan(0.01);
  }

  @Test
  void truncatedNormal_ofALargeDeviation_endsAtTwo() {
    DescriptiveStatistics drawn = new DescriptiveStatistics(draw(Initializer.truncatedNormal(2)));

    assertThat(drawn.getMax()).isBetween(1.99, 2.0001);
    assertThat(drawn.getMin()).isBetween(-2.0001, -1.99);
    // the standard normal cut at one deviation has variance 1 - 2·φ(1)/(2Φ(1) - 1) = 0.29113
    assertThat(drawn.getVariance()).isCloseTo(4 * 0.29113, within(0.03));
  }

  @Test
  void kaimingFanOut_hasTheVarianceTwoOverTheFan() {
    DescriptiveStatistics drawn = new DescriptiveStatistics(draw(Initializer.kaimingFanOut(50)));

    assertThat(drawn.getVariance()).isCloseTo(0.04, within(0.002));
    assertThat(drawn.getMean()).isCloseTo(0, within(0.005));
  }

  @Test
  void fanIn_isUniform() {
    DescriptiveStatistics drawn = new DescriptiveStatistics(draw(Initializer.fanIn(25)));

    assertThat(drawn.getMax()).isBetween(0.199, 0.2);
    assertThat(drawn.getMin()).isBetween(-0.2, -0.199);
    assertThat(drawn.getVariance()).isCloseTo(0.04 / 3, within(0.0005));
  }

  private static double[] draw(Initializer initializer) {
    try (TensorScope scope = TensorScope.open()) {
      return Tensors.toDoubles(
          initializer.draw(Tensors.generator(new Seed(3)), new long[] {COUNT}));
    }
  }
}
