import { Type as T } from 'typebox';

export const HealthcheckConfig = T.Object(
  {
    disableFile: T.Optional(
      T.String({ minLength: 1, description: 'While this file exists, `/healthcheck` answers 503 DISABLED BY FILE.' }),
    ),
  },
  { additionalProperties: false, default: {} },
);
