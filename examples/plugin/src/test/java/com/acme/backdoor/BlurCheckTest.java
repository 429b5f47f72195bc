package com.acme.backdoor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** The contract that every defense keeps, and one test of what is special about this one. */
class BlurCheckTest implements DefenseStrategyContract<BlurCheck.Options> {

  @Override
  public BlurCheck strategy() {
    return new BlurCheck();
  }

  @Test
  void scores_areSharesOfProbability() {
    try (TensorScope scope = TensorScope.open()) {
      SampleScores outcome = (SampleScores) defend(TinyScene.backdoored(), SEED);

      assertThat(DoubleStream.of(outcome.scores())).allMatch(score -> score >= 0 && score < 1.001);
      assertThat(DoubleStream.of(outcome.scores()).max().orElse(0)).isPositive();
    }
  }
}
