package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.testkit.ArchitectureContract;

class EfficientNetB3Test implements ArchitectureContract<EfficientNetB3.Options> {

  @Override
  public EfficientNetB3 strategy() {
    return new EfficientNetB3();
  }

  @Override
  public EfficientNetB3.Options options(DatasetSpec data) {
    return NarrowNetworks.options(strategy(), data);
  }
}
