package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Variants;
import java.util.Optional;

/**
 * What was done about reversed triggers.
 *
 * @param network without the backdoor, if it was repaired
 * @param variants the networks among which it was chosen
 * @param scores of the inputs at run time, if they are filtered
 * @param evidence of the remedy alone
 */
record TriggerRemedy(
    Optional<Network> network,
    Optional<Variants> variants,
    Optional<SampleScores> scores,
    Evidence evidence) {

  static final TriggerRemedy NONE =
      new TriggerRemedy(Optional.empty(), Optional.empty(), Optional.empty(), Evidence.NONE);
}
