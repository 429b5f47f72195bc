package io.github.backdoor4j.core.spi;

/** What a defense may see. The context hands out nothing that was not declared. */
public enum DefenderAccess {
  /** The model that may be backdoored, weights included. */
  SUSPECT_MODEL,
  /**
   * Gradients of the model with respect to its input. Who has the model could always take them, so
   * that nothing is withheld without this: it says what the threat model of the defense rests on.
   */
  INPUT_GRADIENTS,
  /** The training set as given, poisoned or not, without marks. */
  TRAINING_SET,
  /** A small labelled set that is known to be clean. */
  CLEAN_HOLDOUT,
  /** Unlabelled inputs as they arrive at run time, some of them perhaps triggered. */
  RUNTIME_INPUTS,
  /** The means to train a new model of the same architecture by the victim's recipe. */
  TRAINING,
  /**
   * Clean accuracy and attack success on test data. No defender has them: only for showing what a
   * better choice would have been worth.
   */
  ORACLE
}
