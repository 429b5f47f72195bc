package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.EvaluationContext.ModelPredictions;
import java.util.Optional;

/**
 * A trained model that defenses can act on: backdoored, or clean as a control.
 *
 * @param result its record
 * @param network the model
 * @param training the training set as a defender gets it; absent if the attack has none
 * @param poisoned truth about the training set, row by row
 * @param triggered triggered test images
 * @param predictions of the model on the test set and the triggered images
 */
record AttackedModel(
    ResultRecord result,
    Network network,
    Optional<ImageDataset> training,
    boolean[] poisoned,
    TriggeredSet triggered,
    ModelPredictions predictions) {}
