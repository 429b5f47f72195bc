package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.JointStep;
import io.github.backdoor4j.core.train.StepContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * First stage of LIRA: the classifier learns to obey a frozen generator while a second one learns
 * from the classifier; after each epoch the frozen one becomes the other's copy.
 */
final class LiraFirstStep implements JointStep {

  private final LiraLosses losses;
  private final Model learning;

  LiraFirstStep(LiraLosses losses, Model learning) {
    this.losses = losses;
    this.learning = learning;
  }

  /** The frozen generator. */
  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    frozen().state().forEach((name, tensor) -> state.put("frozen." + name, tensor));
    return state;
  }

  private Model frozen() {
    return losses.trigger().generator();
  }

  @Override
  public List<Tensor> losses(Batch batch, StepContext context) {
    Batch augmented = losses.augmented(batch, context);
    Tensor ofGenerator = losses.generatorLoss(learning, augmented, context);
    Tensor ofVictim = losses.victimLossOfAugmented(augmented, context);
    // what is not cleared is added: the classifier then follows the generator's loss as well
    Tensor followed = losses.options().clearGradients() ? ofVictim : ofVictim.add(ofGenerator);
    return List.of(followed, ofGenerator);
  }

  @Override
  public void epochFinished(int epoch) {
    frozen().copyState(learning.state());
  }
}
