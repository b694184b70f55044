import { useState } from "preact/hooks";
import { asRefusal, type Refusal } from "../api";

/** Something that the user does and the server may refuse. `act` gives whether it was done. */
export function useAction(): {
  refusal: Refusal | null;
  forget: () => void;
  act: (doing: () => Promise<unknown>) => Promise<boolean>;
} {
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  return {
    refusal,
    forget: () => setRefusal(null),
    act: async (doing) => {
      setRefusal(null);
      try {
        await doing();
        return true;
      } catch (error) {
        setRefusal(asRefusal(error));
        return false;
      }
    },
  };
}
