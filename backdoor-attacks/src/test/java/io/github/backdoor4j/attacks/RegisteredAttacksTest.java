package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import org.junit.jupiter.api.Test;

class RegisteredAttacksTest {

  @Test
  void registry_holdsTheAttacksOfThisModule() {
    assertThat(Registries.load().attacks().all())
        .extracting(PoisoningStrategy::id)
        .containsExactly(
            "badnets",
            "blended",
            "blind",
            "bpp",
            "ctrl",
            "ftrojan",
            "input-aware",
            "label-consistent",
            "lira",
            "low-frequency",
            "poison-ink",
            "refool",
            "sig",
            "ssba",
            "trojannn",
            "wanet");
  }

  @Test
  void everyRegisteredAttack_isHeldToTheContract() throws ClassNotFoundException {
    for (PoisoningStrategy<?> attack : Registries.load().attacks().all()) {
      Class<?> test = Class.forName(attack.getClass().getName() + "Test");

      assertThat(test).isAssignableTo(PoisoningStrategyContract.class);
    }
  }
}
