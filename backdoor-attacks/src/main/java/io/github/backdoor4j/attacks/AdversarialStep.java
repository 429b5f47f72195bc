package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.StepContext;
import org.bytedeco.pytorch.Tensor;

/**
 * One step of adversarial training: attacks the batch from a random start, then learns from it.
 *
 * @param network that becomes robust
 * @param data what the images are
 * @param attack of few steps
 */
record AdversarialStep(Network network, DatasetSpec data, Pgd attack) implements BatchStep {

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    Tensor unit = data.normalization().toUnit(batch.images());
    Tensor start = AdversarialTrigger.start(unit, attack.epsilon(), context.generator());
    Tensor hard =
        attack.run(start, unit, x -> AdversarialTrigger.loss(network, data, x, batch.labels()));
    Tensor images = data.normalization().fromUnit(hard);
    return context.crossEntropy(context.forward(network, images), batch.labels());
  }
}
