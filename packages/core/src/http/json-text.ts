/**
 * A reply that is JSON already, for bodies that are mostly made of what was serialised before. Only of operations without
 * microversions. `T` is the contract's body, which nobody but `checkReplies` compares with the text.
 */
export class JsonText<T> {
  readonly text: string;
  declare protected readonly body: T;

  constructor(text: string) {
    this.text = text;
  }
}
